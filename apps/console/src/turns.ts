import { setImmediate } from 'node:timers/promises';
import { ConsoleError } from './problem.ts';

/** Work in one go, ms: others wait no longer than this, and for the one thing that is being done. */
const turnMs = 15;

/** Lets other requests have their turn during long work, and ends it once nobody waits for its answer. */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time for others: then await {@link pass}. To be asked often. */
  get isOver(): boolean {
    return performance.now() - this.#since > turnMs;
  }

  /** @throws ConsoleError 499 once the signal has aborted */
  async pass(): Promise<void> {
    await setImmediate();
    this.check();
    this.#since = performance.now();
  }

  /** @throws ConsoleError 499 once the signal has aborted */
  check(): void {
    if (this.#signal?.aborted)
      throw new ConsoleError('the client has left', {
        status: 499,
        code: 'client-left',
        action: 'Ask again.',
      });
  }
}
