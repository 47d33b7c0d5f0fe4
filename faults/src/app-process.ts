import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './until.ts';

const workspace = fileURLToPath(new URL('../../', import.meta.url));
/** The heap that the start commands of the apps set. */
const leanHeap = [
  '--max-semi-space-size=4',
  '--max-old-space-size=96',
  '--no-parallel-scavenge',
  '--heap-growing-percent=50',
];

interface LogLine {
  readonly msg?: string;
  readonly [field: string]: unknown;
}

export interface AppOptions {
  readonly app: 'stream-writer' | 'producer' | 'random-user-server';
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets everything that it says. */
  readonly logFile: string;
}

const running = new Set<ChildProcess>();
// However this program ends: a process that is stopped by SIGSTOP would not notice that we are gone.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One of our apps, run from its sources as a process of its own. */
export class AppProcess {
  readonly log: LogLine[] = [];
  stdout = '';
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor({ app, args, env, logFile }: AppOptions) {
    this.#name = `${app} ${args.join(' ')}`;
    const main = join(workspace, 'apps', app, 'src', 'main.ts');
    this.#child = spawn(process.execPath, [...leanHeap, '--conditions=@sluice/source', main, ...args], {
      cwd: workspace,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        METRICS_PORT: '0',
        ...env,
      },
      // through the channel it sees us end
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this.#child);
    const file = createWriteStream(logFile, { flags: 'a' });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    if (this.#child.stderr)
      createInterface(this.#child.stderr).on('line', (line) => {
        file.write(`${line}\n`);
        this.log.push(line.startsWith('{') ? (JSON.parse(line) as LogLine) : { msg: line });
      });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        running.delete(this.#child);
        file.end();
        resolve(code);
      });
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The JSON object of the last line that it printed. */
  get summary(): Record<string, unknown> {
    return JSON.parse(this.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  }

  /** Lines of the log with that text. */
  said(text: string): readonly LogLine[] {
    return this.log.filter(({ msg }) => msg?.includes(text));
  }

  /** Waits for a line of the log with that text. */
  logged(text: string, withinMs = 60_000): Promise<LogLine> {
    return until(`${this.#name} logs "${text}"`, () => this.said(text).at(-1), { withinMs });
  }

  /** Whether records move, and the reasons why not. */
  async readiness(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }> {
    const response = await this.#get('/health/ready');
    const { reasons } = (await response.json()) as { reasons: string[] };
    return { ready: response.status === 200, reasons };
  }

  /** `sluice_records_total` of a writer, `sluice_source_records_total` of a producer, by result. */
  async records(): Promise<Partial<Record<string, number>>> {
    const body = await (await this.#get('/metrics')).text();
    const samples = body.matchAll(/^sluice_(?:source_)?records_total\{.*result="(\w+)".*\} (\d+)$/gm);
    return Object.fromEntries([...samples].map(([, result = '', value]) => [result, Number(value)]));
  }

  /** Its RSS, KiB. */
  async memory(): Promise<number> {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(this.#child.pid)]);
    return Number(stdout.trim());
  }

  /** SIGKILL, also for one that was stopped by SIGSTOP. */
  async kill(): Promise<void> {
    if (this.isRunning) this.signal('SIGKILL');
    await this.ended;
  }

  async #get(path: string): Promise<Response> {
    const port = this.said('metrics and health are served')[0]?.port;
    if (port === undefined) throw new Error(`${this.#name} serves no metrics yet`);
    return fetch(`http://127.0.0.1:${String(port)}${path}`, { signal: AbortSignal.timeout(5_000) });
  }
}
