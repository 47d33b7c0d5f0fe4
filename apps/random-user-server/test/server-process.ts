import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The program as a process of its own. */
export function start(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=@sluice/source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const stderr = text(child.stderr);
  return { child, exit, stderr };
}

/** A server on a free port, and the line in which it announces itself. */
export async function listening(...args: string[]) {
  const server = start('serve', '--port', '0', ...args);
  const [line] = (await once(createInterface(server.child.stdout), 'line')) as [string];
  return { ...server, line };
}

export interface FaultyServer {
  /** Of the API, with a slash at the end. */
  readonly url: string;
  /** Plans a fault for the next requests. */
  plan(fault: object): Promise<void>;
  stop(): Promise<void>;
}

/** A server that gives faults. */
export async function faultyServer(): Promise<FaultyServer> {
  const { child, exit, line } = await listening('--json', '--faults');
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    plan: async (fault) => {
      const response = await fetch(new URL('/faults', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    stop: async () => {
      child.kill();
      await exit;
    },
  };
}
