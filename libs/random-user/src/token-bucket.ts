import type { Clock } from './clock.ts';
import type { RateLimit } from './options.ts';

export interface Lease {
  /** Gives the tokens back: what they were for did not happen. */
  cancel(): void;
}

/**
 * A bucket of `users` tokens. A token comes back `perMs` after it was taken, so that no span of that length sees
 * more than the limit. (A bucket that is refilled at a steady rate lets twice the limit through in the first
 * span: the burst, and what was refilled meanwhile.)
 */
export class TokenBucket {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  /** In the order in which they come back. */
  #taken: { readonly at: number; readonly tokens: number }[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  get capacity(): number {
    return this.#limit.users;
  }

  /** Waits for the tokens, first come, first served. More tokens than the bucket holds wait for all of them. */
  async take(tokens: number, signal?: AbortSignal): Promise<Lease> {
    const turn = this.#queue.then(() => this.#waitFor(Math.min(tokens, this.#limit.users), signal));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #waitFor(tokens: number, signal: AbortSignal | undefined): Promise<Lease> {
    signal?.throwIfAborted();
    for (let wait = this.#waitMs(tokens); wait > 0; wait = this.#waitMs(tokens)) {
      await this.#clock.sleep(wait, signal);
    }
    const taken = { at: this.#clock.now(), tokens };
    this.#taken.push(taken);
    return {
      cancel: () => {
        this.#taken = this.#taken.filter((other) => other !== taken);
      },
    };
  }

  #waitMs(tokens: number): number {
    const now = this.#clock.now();
    const { users, perMs } = this.#limit;
    this.#taken = this.#taken.filter(({ at }) => at + perMs > now);
    let free = users - this.#taken.reduce((sum, taken) => sum + taken.tokens, 0);
    for (const taken of this.#taken) {
      if (free >= tokens) break;
      free += taken.tokens;
      if (free >= tokens) return taken.at + perMs - now;
    }
    return 0;
  }
}
