import { mergeConfig } from 'vitest/config';
import { testsOnServices } from '@sluice/test-kit/vitest';

export default mergeConfig(testsOnServices('kafka', 'cassandra', 'schema-registry'), {
  // The walks in a browser are a suite of their own: npx nx run console:browser.
  test: { include: ['page/src/**/*.test.ts'], exclude: ['**/node_modules/**', 'test/browser/**'] },
});
