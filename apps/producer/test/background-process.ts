import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

/** An app of this workspace as a process of its own, as people and schedulers run it. */
export class BackgroundProcess {
  stdout = '';
  stderr = '';
  /** Resolves when it has ended: its exit code, null after a SIGKILL. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(app: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const main = fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));
    this.#child = spawn(process.execPath, ['--conditions=@sluice/source', main, ...args], {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  /** The first line that it prints. */
  firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#child.stdout) createInterface(this.#child.stdout).once('line', resolve);
      this.#child.once('exit', () => {
        reject(new Error(`it ended: ${this.stderr}`));
      });
    });
  }

  /** The JSON object of the last line. */
  get summary(): Readonly<Record<string, number>> {
    return JSON.parse(this.stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  }

  /** The lines of its log. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.stderr.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for a line of the log with that text in its message. */
  async logged(text: string): Promise<Readonly<Record<string, unknown>>> {
    return this.until(() => {
      const line = this.log.find(({ msg }) => String(msg).includes(text));
      if (!line) throw new Error(`no line of the log with: ${text}\n${this.stderr}`);
      return line;
    });
  }

  /** Repeats a check until it passes. */
  async until<T>(check: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(check, { timeout: 30_000, interval: 20 });
  }

  /** What it answers on its port for metrics and health. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const { port } = await this.logged('metrics and health are served');
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return { status: response.status, body: await response.text() };
  }

  /** The value of sluice_source_records_total with that label, 0 where it is not there yet. */
  async metric(label: string): Promise<number> {
    const { body } = await this.get('/metrics');
    const line = body
      .split('\n')
      .find((text) => text.startsWith('sluice_source_records_total') && text.includes(label));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}
