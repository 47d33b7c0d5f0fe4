import { defineConfig } from 'vitest/config';

/** Vitest configuration of a project whose tests need no services. Those that do use `@sluice/test-kit/vitest`. */
export function projectTests() {
  return defineConfig({
    ssr: { resolve: { conditions: ['@sluice/source'] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      // Nx asks its tasks for colours; programs that a test starts would print them, too.
      env: { FORCE_COLOR: '0' },
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results/vitest.json' },
      testTimeout: 60_000,
      hookTimeout: 180_000,
      // Loading the modules anew for each file takes most of the time of a run.
      isolate: false,
    },
  });
}
