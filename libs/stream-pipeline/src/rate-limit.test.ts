import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const never = new AbortController().signal;

describe('RateLimit', () => {
  it('spreads records over time, and saves nothing up while idle', async () => {
    let now = 0;
    const waits: number[] = [];
    const wait = (ms: number) => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    };
    const limit = new RateLimit(100, { now: () => now, wait });
    await limit.take(50, never);
    await limit.take(10, never);
    now += 60_000;
    await limit.take(200, never);
    await limit.take(1, never);
    expect(waits).toEqual([500, 2_000]);
  });

  it('gives up, and gives back what it took, when told to', async () => {
    const waits: number[] = [];
    const stop = new AbortController();
    const wait = (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      return signal.aborted ? Promise.reject(new Error('aborted')) : Promise.resolve();
    };
    const limit = new RateLimit(1, { now: () => 0, wait });
    await limit.take(1, never);
    stop.abort();
    expect(await limit.take(1_000, stop.signal)).toBe(false);
    expect(await limit.take(1, never)).toBe(true);
    expect(waits).toEqual([1_000, 1_000]);
  });
});
