import type { Clock } from '../src/clock.ts';

export interface FakeClock extends Clock {
  /** The waits asked for, in ms; each has moved the time on by as much. */
  readonly sleeps: number[];
  onSleep: (() => void) | undefined;
  advance(ms: number): void;
}

/** A clock whose waits take no time. */
export function fakeClock(): FakeClock {
  let time = 1000;
  return {
    sleeps: [],
    onSleep: undefined,
    advance(ms) {
      time += ms;
    },
    now: () => time,
    date: () => Date.parse('2026-03-01T12:00:00Z') + time,
    async sleep(ms, signal) {
      this.sleeps.push(ms);
      this.onSleep?.();
      await Promise.resolve();
      signal?.throwIfAborted();
      time += ms;
    },
  };
}
