import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The app as a process of its own, as people and schedulers run it. */
export class WriterProcess {
  readonly log: LogLine[] = [];
  /** What it says to people beside the log. */
  messages = '';
  stdout = '';
  /** Resolves when it has ended: its exit code, null after a SIGKILL. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  /** @param program the file to run; another app's, or another version's, too */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    program: string = main,
  ) {
    this.#child = spawn(process.execPath, ['--conditions=@sluice/source', program, ...args], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        METRICS_PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    if (this.#child.stderr)
      createInterface(this.#child.stderr).on('line', (line) => {
        if (line.startsWith('{')) this.log.push(JSON.parse(line) as LogLine);
        else this.messages += `${line}\n`;
      });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The JSON object of the last line. */
  get summary(): Record<string, unknown> {
    return JSON.parse(this.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for a line of the log with that text in its message. */
  logged(text: string): Promise<LogLine> {
    return this.until(() => {
      const line = this.log.find(({ msg }) => msg.includes(text));
      expect(line, `a line of the log with: ${text}`).toBeDefined();
      return line as LogLine;
    });
  }

  /** The highest RSS that it ever had, MiB. */
  get peakMemory(): number {
    const status = readFileSync(`/proc/${String(this.#child.pid)}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Repeats a check until it passes. */
  async until<T>(check: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(check, { timeout: 30_000, interval: 20 });
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const { port } = await this.logged('metrics and health are served');
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return { status: response.status, body: await response.text() };
  }

  /** Readiness: the status and the reasons. */
  async readiness(): Promise<{ readonly status: number; readonly reasons: readonly string[] }> {
    const { status, body } = await this.get('/health/ready');
    return { status, reasons: (JSON.parse(body) as { reasons: string[] }).reasons };
  }

  /** `sluice_records_total` by result. */
  async records(): Promise<Record<string, number>> {
    const { body } = await this.get('/metrics');
    const samples = body.matchAll(/^sluice_records_total\{.*result="(\w+)".*\} (\d+)$/gm);
    return Object.fromEntries([...samples].map(([, result = '', value]) => [result, Number(value)]));
  }
}
