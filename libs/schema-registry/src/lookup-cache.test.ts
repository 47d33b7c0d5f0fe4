import { expect, it } from 'vitest';
import { LookupCache } from './lookup-cache.ts';

it('keeps no more failures than it may, and forgets the oldest first', async () => {
  const cache = new LookupCache<number, string>({ failedMs: 1_000, maxFailed: 3, now: () => 0 });
  const asked: number[] = [];
  const fail = (key: number) =>
    cache.get(key, () => {
      asked.push(key);
      return Promise.reject(new Error(`no ${key}`));
    });
  for (const key of [1, 2, 3, 4]) await expect(fail(key)).rejects.toThrow(`no ${key}`);
  for (const key of [2, 3, 4]) await expect(fail(key)).rejects.toThrow(`no ${key}`);
  expect(asked).toEqual([1, 2, 3, 4]);
  await expect(fail(1)).rejects.toThrow('no 1');
  expect(asked).toEqual([1, 2, 3, 4, 1]);
});
