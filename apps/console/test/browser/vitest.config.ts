import { mergeConfig } from 'vitest/config';
import { testsOnServices } from '@sluice/test-kit/vitest';

export default mergeConfig(testsOnServices('kafka', 'cassandra', 'schema-registry'), {
  root: import.meta.dirname,
  // The walks share one pipeline, one console and one browser, and each begins where the one before ended.
  test: {
    include: ['*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 20_000, interval: 100 } },
  },
});
