import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type MetricsReading, readMetrics } from './metrics.ts';
import { appCommand } from './workspace.ts';

/** A program to run beside us, with its whole environment. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Its stdout is log as well: spark-submit puts all that a Python program says there. Default false. */
  readonly logsToStdout?: boolean;
}

/** Keeps an app near 150 MB of memory, as its start commands in package.json do. */
const leanHeap = [
  '--max-semi-space-size=4',
  '--max-old-space-size=96',
  '--no-parallel-scavenge',
  '--heap-growing-percent=50',
];

/** Lines of the log that an error quotes. */
const quotedLines = 8;

/** One of our apps from its sources. */
export function appProgram(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const command = appCommand(name, ...args);
  return { name, ...command, args: [...leanHeap, ...command.args], env };
}

/** A program of ours as a process of its own, its log in a file, its metrics at hand. */
export class AppProcess {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process has ended, or could not be started: its exit code and its stdout. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Resolves with the first line of its stdout; undefined where it ends without one. */
  readonly firstLine: Promise<string | undefined>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #port: number | undefined;
  #running = true;

  constructor({ name, file, args, cwd, env, logsToStdout = false }: Program, logDir: string) {
    this.name = name;
    mkdirSync(logDir, { recursive: true });
    this.logFile = join(logDir, `${name}.log`);
    writeFileSync(this.logFile, '');
    // A process group of its own: Ctrl-C in the terminal reaches only us, and we stop the apps in order.
    // Through the IPC channel an app of ours sees us end, even when we are killed, and stops; for others there is a watchdog.
    this.#child = spawn(file, args, {
      cwd,
      // The status line needs what is logged at this level: where the metrics are.
      env: { ...env, LOG_LEVEL: 'info' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const release = file === process.execPath ? undefined : watch(this.#child.pid);
    let output = '';
    let tell: (line: string | undefined) => void = () => undefined;
    this.firstLine = new Promise((resolve) => (tell = resolve));
    if (!logsToStdout)
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const [line, ...others] = output.split('\n', 2);
        if (others.length > 0) tell(line);
      });
    for (const stream of [this.#child.stderr, logsToStdout ? this.#child.stdout : null])
      if (stream)
        createInterface(stream).on('line', (line) => {
          this.#log(line);
        });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#running = false;
        release?.();
        this.#endGroup();
        tell(undefined);
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

  /** Where its metrics are served; undefined until they are. */
  get metricsUrl(): string | undefined {
    return this.#port === undefined ? undefined : `http://127.0.0.1:${this.#port}`;
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

  /** What it has started and left, as spark-submit does when it is killed. */
  #endGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #log(line: string): void {
    appendFileSync(this.logFile, `${line}\n`);
    this.#tail.push(line);
    if (this.#tail.length > quotedLines) this.#tail.shift();
    this.#port ??= portOf(line);
  }
}

/**
 * Ends the group of a process when this one ends, however that happens: a shell waits for the end of a pipe that only
 * this process holds open. Returns what lets the group live on.
 */
function watch(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  const end = 'read -r _; kill -TERM "-$1" && sleep 5; kill -KILL "-$1"';
  const shell = spawn('/bin/sh', ['-c', end, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as Socket).unref();
  return () => void shell.kill('SIGKILL');
}

/** The port of the metrics, which the app logs once it listens; the Spark job, when it begins to read. */
function portOf(line: string): number | undefined {
  if (!line.includes('metrics and health are served') && !line.includes('"msg":"reading"')) return undefined;
  const { port } = JSON.parse(line) as { port?: number };
  return port;
}
