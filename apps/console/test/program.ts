import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));
/** Lines that a failure quotes. */
const QUOTED = 12;

/** One of our apps from its sources, as a process of its own. */
export class Program {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #firstLine: Promise<string>;
  readonly #tail: string[] = [];

  constructor(name: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.name = name;
    // By the IPC channel an app of ours sees this process end, however it ends, and ends as well.
    this.#child = spawn(
      process.execPath,
      ['--conditions=@sluice/source', `${WORKSPACE}apps/${name}/src/main.ts`, ...args],
      { cwd: WORKSPACE, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => this.#tail.push(line) > QUOTED && this.#tail.shift());
    const lines = this.#child.stdout && createInterface(this.#child.stdout);
    this.#firstLine = new Promise((resolve, reject) => {
      lines?.once('line', resolve);
      void this.#ended.then(() => {
        reject(new Error(`${name} ended: ${this.#tail.join('\n')}`));
      });
    });
    this.#firstLine.catch(() => undefined);
  }

  /** What it says first, as JSON. */
  async announcement(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.#firstLine) as Record<string, unknown>;
  }

  /** Waits for its end, which must be a good one. */
  async done(): Promise<void> {
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`${this.name} failed: ${this.#tail.join('\n')}`);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#ended;
  }
}
