import type { TokenWindow } from '@sluice/cassandra-repository';

export const ringSize = 2 ** 32;

/**
 * Cassandra's ring of tokens as places from 0 on, counted from an origin. A window of places is the same set of keys in the topic, by the
 * hash of the key, and in the table, which is read by token: so both sides of a comparison are cut alike.
 */
export class Ring {
  readonly #origin: number;

  /** `origin` from 0 to 1 turns the ring, so that a sample does not always hold the same keys. */
  constructor(origin = 0) {
    this.#origin = Math.floor(origin * ringSize) - 2 ** 31;
  }

  /** Of the upper half of a token. */
  place(token: number): number {
    return (token - this.#origin) >>> 0;
  }

  /** The tokens of a window of places, both ends included: two windows where it passes the end of the ring. */
  tokens(first: number, last: number): readonly TokenWindow[] {
    const from = (first + this.#origin) | 0;
    const to = (last + this.#origin) | 0;
    if (from <= to) return [{ first: from, last: to }];
    return [
      { first: from, last: 2 ** 31 - 1 },
      { first: -(2 ** 31), last: to },
    ];
  }
}
