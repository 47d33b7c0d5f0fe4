import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type MetricsReading, readMetrics } from './metrics.ts';
import { appCommand } from './workspace.ts';

/** Keeps an app under 150 MB of memory, as its start commands in package.json do. */
const leanHeap = ['--max-semi-space-size=4', '--max-old-space-size=96'];

/** Lines of the log that an error quotes. */
const quotedLines = 8;

/** One of our apps as a process of its own, its log in a file, its metrics at hand. */
export class AppProcess {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process has ended, or could not be started: its exit code and its stdout. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #port: number | undefined;
  #running = true;

  constructor(
    name: string,
    args: readonly string[],
    { env, logDir }: { env: NodeJS.ProcessEnv; logDir: string },
  ) {
    this.name = name;
    mkdirSync(logDir, { recursive: true });
    this.logFile = join(logDir, `${name}.log`);
    writeFileSync(this.logFile, '');
    const { file, args: command, cwd } = appCommand(name, ...args);
    // A process group of its own: Ctrl-C in the terminal reaches only us, and we stop the apps in order.
    // Through the IPC channel the app sees us end, even when we are killed, and stops.
    this.#child = spawn(file, [...leanHeap, ...command], {
      cwd,
      // The status line needs what is logged at this level: where the metrics are.
      env: { ...env, LOG_LEVEL: 'info' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    if (this.#child.stderr)
      createInterface(this.#child.stderr).on('line', (line) => {
        this.#log(line);
      });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#running = false;
        resolve({ code, output });
      };
      this.#child.once('error', ({ message }) => {
        this.#log(`${file} cannot be started: ${message}`);
        end(null);
      });
      this.#child.once('close', end);
    });
  }

  get running(): boolean {
    return this.#running;
  }

  /** The last lines of its log, for an error message. */
  get lastWords(): string {
    return this.#tail.join('\n');
  }

  /** Its metrics now; undefined while it starts and once it has ended. */
  async metrics(): Promise<MetricsReading | undefined> {
    if (this.#port === undefined || !this.running) return undefined;
    return readMetrics(this.#port);
  }

  /** SIGTERM, then SIGKILL after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    if (!this.running) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(kill);
  }

  #log(line: string): void {
    appendFileSync(this.logFile, `${line}\n`);
    this.#tail.push(line);
    if (this.#tail.length > quotedLines) this.#tail.shift();
    this.#port ??= portOf(line);
  }
}

/** The port of the metrics, which the app logs once it listens. */
function portOf(line: string): number | undefined {
  if (!line.includes('metrics and health are served')) return undefined;
  const { port } = JSON.parse(line) as { port?: number };
  return port;
}
