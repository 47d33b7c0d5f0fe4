import { expect, test } from 'vitest';
import { InFlightLimit } from './in-flight-limit.ts';

test('runs no more than the limit at once, all of it in order, and goes on after a failure', async () => {
  const limit = new InFlightLimit(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = (index: number) =>
    limit.run(async () => {
      started.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (index === 1) throw new Error('failed');
      return index;
    });

  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));

  expect(most).toBe(2);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(await work(5)).toBe(5);
});
