import { setTimeout as delay } from 'node:timers/promises';

/** Keeps records to a rate: whoever takes some waits until those taken before have had their time. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** When what was taken so far has had its time, ms. */
  #free = -Infinity;

  constructor(
    perSecond: number,
    {
      now = () => performance.now(),
      wait = (ms: number, signal: AbortSignal): Promise<unknown> => delay(ms, undefined, { signal }),
    } = {},
  ) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#wait = wait;
  }

  /** Resolves true when the records may go, false when `signal` aborts first; their share is then lost to nobody. */
  async take(records: number, signal: AbortSignal): Promise<boolean> {
    const start = Math.max(this.#free, this.#now());
    this.#free = start + (records / this.#perSecond) * 1_000;
    const ms = start - this.#now();
    if (ms <= 0) return !signal.aborted;
    try {
      await this.#wait(ms, signal);
      return true;
    } catch {
      this.#free -= (records / this.#perSecond) * 1_000;
      return false;
    }
  }
}
