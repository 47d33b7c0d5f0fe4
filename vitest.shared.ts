import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { StackService } from './vitest.stack.ts';

export interface ProjectTests {
  /**
   * The real services that the integration tests of the project need. They are started once for the
   * project, or taken from the environment (KAFKA_BROKERS, CASSANDRA_CONTACT_POINTS, CASSANDRA_PORT,
   * SCHEMA_REGISTRY_URL) when SLUICE_TEST_STACK is set, as `npm test` does.
   */
  readonly services?: readonly StackService[];
}

/** Vitest configuration of one project of the workspace. */
export function projectTests({ services = [] }: ProjectTests = {}) {
  return defineConfig({
    ssr: { resolve: { conditions: ['@sluice/source'] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      globalSetup: services.length > 0 ? [fileURLToPath(new URL('vitest.stack.ts', import.meta.url))] : [],
      provide: { services: [...services] },
      // Nx asks its tasks for colours; programs that a test starts would print them, too.
      env: { FORCE_COLOR: '0' },
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results/vitest.json' },
      testTimeout: 60_000,
      hookTimeout: 180_000,
      fileParallelism: services.length === 0,
      // Loading the modules anew for each file takes most of the time of a run.
      isolate: false,
    },
  });
}
