import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

const never = new AbortController().signal;

/** Whether a promise is settled once every task that is due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('ByteBudget', () => {
  it('makes a claim wait until enough is released, first come first served', async () => {
    const budget = new ByteBudget(100);
    expect(await budget.claim(80, never)).toBe(true);
    const large = budget.claim(50, never);
    const small = budget.claim(10, never);
    expect(await isSettled(small)).toBe(false);

    budget.release(80);
    expect(await large).toBe(true);
    expect(await small).toBe(true);
  });

  it('serves a claim larger than the whole budget when nothing else is in flight', async () => {
    const budget = new ByteBudget(100);
    expect(await budget.claim(1_000, never)).toBe(true);
    const next = budget.claim(1, never);
    expect(await isSettled(next)).toBe(false);
    budget.release(1_000);
    expect(await next).toBe(true);
  });

  it('gives up a claim when asked to, and lets the next one pass', async () => {
    const budget = new ByteBudget(100);
    await budget.claim(60, never);
    const stop = new AbortController();
    const large = budget.claim(90, stop.signal);
    const small = budget.claim(40, never);
    stop.abort();
    expect(await large).toBe(false);
    expect(await small).toBe(true);
    expect(await budget.claim(1, stop.signal)).toBe(false);
  });
});
