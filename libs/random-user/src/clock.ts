import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970, for dates that a server names. */
  date(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, signal && { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
