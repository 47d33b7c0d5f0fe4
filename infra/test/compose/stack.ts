import { spawn } from 'node:child_process';
import { BASE, FOLDER } from './compose-files.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Aborted by Ctrl-C: what runs ends, and nothing begins any more but what removes the stacks. */
export const interruption = new AbortController();

/** One Compose project of the test, with ports and a name of its own. */
export class Stack {
  readonly project: string;
  /** Of this machine, by their variables. */
  readonly ports: Readonly<Record<string, number>>;
  readonly #files: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;

  constructor(
    project: string,
    { overrides = [], ports }: { overrides?: readonly string[]; ports: Readonly<Record<string, number>> },
  ) {
    this.project = project;
    this.ports = ports;
    this.#files = [BASE, ...overrides];
    this.#environment = {
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
      SOURCE_URL: 'http://random-user-server:3080/api/',
      SOURCE_RATE_LIMIT: '500/10s',
    };
  }

  /** Runs `docker compose ARGS`; throws where it fails, with the end of what it said. */
  async compose(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const ran = await this.tryCompose(args, options);
    if (ran.code !== 0)
      throw new Error(
        `docker compose ${args.join(' ')} ended with ${ran.code}:\n${lastLines(ran.err || ran.out)}`,
      );
    return ran.out;
  }

  tryCompose(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(
      'docker',
      [
        'compose',
        '--project-name',
        this.project,
        ...this.#files.flatMap((file) => ['-f', file]),
        '--profile',
        'offline',
        ...args,
      ],
      { ...options, environment: this.#environment },
    );
  }

  async up(profiles: readonly string[] = [], services: readonly string[] = []): Promise<void> {
    await this.compose([
      ...profiles.flatMap((profile) => ['--profile', profile]),
      ...['up', '-d', '--wait', '--wait-timeout', '600'],
      ...services,
    ]);
  }

  /** Ends all of it, with its volumes. */
  async remove(): Promise<void> {
    const down = ['--profile', '*', 'down', '-v', '--remove-orphans', '--timeout', '20'];
    await this.compose(down, { evenInterrupted: true });
  }

  /** What is left of the project in the engine. */
  async remains(): Promise<string[]> {
    const left: string[] = [];
    for (const kind of ['container', 'volume', 'network'])
      left.push(
        ...(await lines(
          'docker',
          [
            ...[kind, 'ls', ...(kind === 'container' ? ['--all'] : []), '--quiet'],
            ...['--filter', `label=com.docker.compose.project=${this.project}`],
          ],
          { evenInterrupted: true },
        )),
      );
    return left;
  }

  /** Runs CQL in Cassandra's container, as the administrator. */
  cql(statement: string): Promise<string> {
    return this.compose([
      'exec',
      '-T',
      'cassandra',
      'cqlsh',
      '--cqlshrc',
      '/run/secrets/cqlshrc',
      // a machine that does much else answers late
      '--request-timeout=60',
      '-e',
      statement,
    ]);
  }

  /** Users in the table. */
  async users(): Promise<number> {
    const answer = await this.cql('SELECT count(*) FROM worldwide_users.user_records');
    return Number(/^\s*(\d+)\s*$/m.exec(answer)?.[1]);
  }

  /** The audit of the stream-writer: what it judges is in its report. */
  async audit(): Promise<
    Readonly<Record<string, unknown>> & { readonly ok: boolean; readonly keys: number }
  > {
    const out = await this.compose(['--profile', 'jobs', 'run', '--rm', '-T', 'audit', '--json']);
    return JSON.parse(lastLines(out, 1)) as { ok: boolean; keys: number };
  }
}

export function lastLines(text: string, count = 25): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

export async function lines(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string[]> {
  const { out } = await run(command, args, options);
  return out.split('\n').filter((line) => line !== '');
}

interface RunOptions {
  readonly input?: string;
  readonly evenInterrupted?: boolean;
}

export async function run(
  command: string,
  args: readonly string[],
  {
    environment = {},
    input = '',
    evenInterrupted = false,
  }: RunOptions & { environment?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const { signal } = interruption;
  if (!evenInterrupted) signal.throwIfAborted();
  const child = spawn(command, args, { cwd: FOLDER, env: { ...process.env, ...environment } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const end = () => child.kill('SIGINT');
  if (!evenInterrupted) signal.addEventListener('abort', end);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, out, err }));
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Asks again, every two seconds, until the answer is not false; throws with the last reason after `ms`. */
export async function until<T>(what: string, ms: number, ask: () => Promise<T | false>): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    interruption.signal.throwIfAborted();
    const answer = await ask().catch((error: unknown) => {
      if (Date.now() > end) throw error;
      return false as const;
    });
    if (answer !== false) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
