import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { StackService } from './stack-environment.ts';

declare module 'vitest' {
  interface ProvidedContext {
    services: StackService[];
  }
}

const program = fileURLToPath(new URL('run-stack.ts', import.meta.url));

/**
 * Starts the real services of a project's integration tests and names them in the environment, from which
 * the tests take them. A stack that is there already (SLUICE_TEST_STACK) is used as it is.
 */
export default async function startServices(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SLUICE_TEST_STACK) return undefined;
  // A process of its own: what vitest resolves for its global setup are built packages, not sources.
  const { services = [] } = project.config.provide;
  const stack = spawn(process.execPath, ['--conditions=@sluice/source', program, ...services], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(stack, 'exit');
  const lines = createInterface(stack.stdout);
  const [first] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
  if (first === undefined) throw new Error(`the services ${services.join(', ')} did not start, see above`);
  Object.assign(process.env, JSON.parse(first) as Record<string, string>);
  return async () => {
    stack.stdin.end();
    await exited;
  };
}
