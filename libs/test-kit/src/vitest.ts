import { fileURLToPath } from 'node:url';
import { projectTests } from '@sluice/tools/vitest';
import { defineConfig, mergeConfig } from 'vitest/config';
import type { StackService } from './stack-environment.ts';

/**
 * Vitest configuration of a project whose integration tests need real services. They are started once for the project, or taken
 * from the environment (KAFKA_BROKERS, CASSANDRA_CONTACT_POINTS, CASSANDRA_PORT, SCHEMA_REGISTRY_URL) when SLUICE_TEST_STACK is
 * set, as `npm test` does.
 */
export function testsOnServices(...services: readonly StackService[]) {
  return mergeConfig(
    projectTests(),
    defineConfig({
      test: {
        globalSetup: [fileURLToPath(new URL('global-setup.ts', import.meta.url))],
        provide: { services: [...services] },
        fileParallelism: false,
      },
    }),
  );
}
