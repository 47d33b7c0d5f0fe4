import { runProgram } from '@sluice/app-runtime';
import { Command, InvalidArgumentError } from 'commander';
import { createServer } from './server.ts';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly json?: boolean;
  readonly faults?: boolean;
}

/** The command line of the server; returns the exit code, where it listens while it still does. */
export function randomUserServer(argv: readonly string[]): Promise<number> {
  const program = new Command('random-user-server').description(
    'A RandomUser-compatible API (v1.4) whose users depend on seed and page alone.',
  );
  program
    .command('serve')
    .description('Answer GET /api/ and /api/1.4/ until stopped (SIGTERM or SIGINT).')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for a free one', port, 3080)
    .option('--faults', 'let tests ask for faults, by POST /faults {"kind","count"} or by ?fault=KIND')
    .option('--json', 'announce the address as a JSON object')
    .action(serve);
  return runProgram(program, argv, process.env);
}

async function serve({ host, port, json, faults = false }: ServeOptions): Promise<void> {
  const server = createServer({ faults });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close());
  }
  let url: string;
  try {
    url = await server.listen({ host, port });
  } catch (error) {
    process.stderr.write(`${listenFailure(host, port, error)}\n`);
    process.exitCode = 1;
    return;
  }
  url += '/api/';
  process.stdout.write(json ? `${JSON.stringify({ url, pid: process.pid })}\n` : `listening on ${url}\n`);
}

function listenFailure(host: string, port: number, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const address = `${host}:${port.toString()}`;
  if (code === 'EADDRINUSE') return `${address} is taken: stop what listens there or choose another --port`;
  return `cannot listen on ${address}: ${message}`;
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
