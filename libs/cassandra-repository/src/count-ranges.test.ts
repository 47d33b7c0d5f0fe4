import { expect, test } from 'vitest';
import { countByRanges } from './count-ranges.ts';
import { CassandraError } from './errors.ts';

const first = -(2n ** 63n);
const last = 2n ** 63n - 1n;
const tokens = [first + 1n, -5n, 0n, 1n, 2n ** 60n, last - 1n, last];

function inRange(after: bigint, upTo: bigint): number {
  return tokens.filter((token) => token > after && token <= upTo).length;
}

test('covers every token once', async () => {
  expect(await countByRanges((after, upTo) => Promise.resolve(inRange(after, upTo)))).toBe(tokens.length);
});

test('halves a range that times out', async () => {
  const counted = await countByRanges(async (after, upTo) => {
    if (upTo - after > 2n ** 58n) throw new CassandraError('timeout', 'too slow', { retryable: true });
    return inRange(after, upTo);
  });
  expect(counted).toBe(tokens.length);
});

test('gives up on a server that answers nothing', async () => {
  const failing = () => Promise.reject(new CassandraError('timeout', 'too slow', { retryable: true }));
  await expect(countByRanges(failing)).rejects.toThrow('too slow');
});

test('gives up on any other error at once', async () => {
  let asked = 0;
  const counting = countByRanges(() => {
    asked++;
    return Promise.reject(new CassandraError('unauthorized', 'no', { retryable: false }));
  });
  await expect(counting).rejects.toThrow('no');
  expect(asked).toBeLessThanOrEqual(4);
});
