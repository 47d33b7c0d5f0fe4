import { describe, expect, it } from 'vitest';
import { FloodGuard } from './flood-guard.ts';

describe('FloodGuard', () => {
  it.each([
    ['199 letters of 199 records', [[199, 199]], false],
    ['200 letters of 200 records', [[200, 200]], true],
    [
      '500 letters of the last 1,000',
      [
        [500, 500],
        [500, 0],
      ],
      false,
    ],
    [
      '501 letters of the last 1,000',
      [
        [499, 0],
        [501, 501],
      ],
      true,
    ],
    [
      'letters that lie further back',
      [
        [300, 300],
        [1000, 0],
      ],
      false,
    ],
    [
      'a flood after a long quiet time',
      [
        [100_000, 0],
        [600, 600],
      ],
      true,
    ],
  ] as const)('%s', (_, chunks, isFlood) => {
    const guard = new FloodGuard(0.5);
    for (const [records, letters] of chunks) guard.add(records, letters);
    expect(guard.isFlood).toBe(isFlood);
  });

  it('is never a flood with a ratio of 1', () => {
    const guard = new FloodGuard(1);
    guard.add(5_000, 5_000);
    expect(guard.isFlood).toBe(false);
  });
});
