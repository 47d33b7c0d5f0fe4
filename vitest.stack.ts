import type { TestProject } from 'vitest/node';

export type StackService = 'kafka' | 'cassandra';

declare module 'vitest' {
  interface ProvidedContext {
    services: StackService[];
  }
}

/** Starts the real services of a project's integration tests and names them in the environment. */
export default async function stack(_project: TestProject): Promise<void> {
  throw new Error('the local stack is not there yet');
}
