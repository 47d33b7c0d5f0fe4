import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import { projectTests } from '../../../../vitest.shared.ts';

/** The walks share one stack, one pipeline, one console and one browser (setup.ts), and so run one after another. */
export default mergeConfig(projectTests({ services: ['kafka', 'cassandra', 'schema-registry'] }), {
  root: import.meta.dirname,
  test: {
    include: ['*.test.ts'],
    globalSetup: [fileURLToPath(new URL('setup.ts', import.meta.url))],
    testTimeout: 120_000,
  },
});
