import { assert, array, asyncProperty, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../test/fake-clock.ts';
import { TokenBucket } from './token-bucket.ts';

const limit = { users: 100, perMs: 1000 };

describe('TokenBucket', () => {
  it('gives at once what it holds, and the rest when the first tokens come back', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(limit, clock);
    await bucket.take(60);
    clock.advance(300);
    await bucket.take(40);
    expect(clock.sleeps).toEqual([]);
    await bucket.take(50);
    expect(clock.sleeps).toEqual([700]);
    await bucket.take(50);
    expect(clock.sleeps).toEqual([700, 300]);
  });

  it('lets no span of its length see more than the limit', async () => {
    const step = record({ tokens: integer({ min: 1, max: 100 }), idle: integer({ min: 0, max: 1500 }) });
    await assert(
      asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
        const clock = fakeClock();
        const bucket = new TokenBucket(limit, clock);
        const taken: { at: number; tokens: number }[] = [];
        for (const { tokens, idle } of steps) {
          clock.advance(idle);
          await bucket.take(tokens);
          taken.push({ at: clock.now(), tokens });
        }
        for (const { at } of taken) {
          const span = taken.filter((other) => other.at >= at && other.at < at + limit.perMs);
          expect(span.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(limit.users);
        }
      }),
    );
  });

  it('gives cancelled tokens back at once', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(limit, clock);
    (await bucket.take(100)).cancel();
    await bucket.take(100);
    expect(clock.sleeps).toEqual([]);
  });

  it('serves first come, first served, even when the second would fit', async () => {
    const bucket = new TokenBucket(limit, fakeClock());
    await bucket.take(60);
    const order: string[] = [];
    await Promise.all([
      bucket.take(90).then(() => order.push('large')),
      bucket.take(10).then(() => order.push('small')),
    ]);
    expect(order).toEqual(['large', 'small']);
  });

  it('waits for the whole bucket when asked for more than it holds', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(limit, clock);
    await bucket.take(1);
    await bucket.take(500);
    expect(clock.sleeps).toEqual([1000]);
  });

  it('stops waiting with the reason of the signal, and lets the next one in', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(limit, clock);
    await bucket.take(100);
    const stop = new AbortController();
    clock.onSleep = () => {
      stop.abort(new Error('stopped'));
    };
    await expect(bucket.take(1, stop.signal)).rejects.toThrow('stopped');
    clock.onSleep = undefined;
    await bucket.take(100);
    expect(clock.sleeps).toEqual([1000, 1000]);
  });
});
