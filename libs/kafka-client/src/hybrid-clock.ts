import type { WriteTimestampSource } from './options.ts';

/**
 * Write timestamps of one producer: microseconds since the epoch, strictly increasing even where the wall clock
 * stands still or steps back, so that of two updates the one handed over later is the newer one. The idea is that of a
 * hybrid logical clock without the exchange between nodes.
 */
export class HybridClock implements WriteTimestampSource {
  readonly #now: () => number;
  #last = 0;

  /** @param now wall clock in ms since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#now() * 1000));
    return this.#last;
  }
}
