import { setTimeout as delay } from 'node:timers/promises';
import { AbandonedError } from './errors.ts';

/** Waits between attempts that go on without end: exponential with full jitter, so that waiting chunks do not march in step. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({
    baseMs = 100,
    maxMs = 5_000,
    random = Math.random,
  }: { baseMs?: number; maxMs?: number; random?: () => number } = {}) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** @throws AbandonedError when `signal` aborts */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new AbandonedError();
    const ms = this.nextMs();
    try {
      await delay(ms, undefined, { signal });
    } catch {
      throw new AbandonedError();
    }
  }

  nextMs(): number {
    const ceiling = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return ceiling / 2 + (ceiling / 2) * this.#random();
  }
}
