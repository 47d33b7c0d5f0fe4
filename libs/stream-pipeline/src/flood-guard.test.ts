import { describe, expect, it } from 'vitest';
import { FloodGuard } from './flood-guard.ts';

describe('FloodGuard', () => {
  it.each([
    ['199 letters of 199 records', [[199, 199]], false],
    ['200 letters of 200 records', [[200, 200]], true],
    [
      '500 letters of the last 1,000',
      [
        [500, 0],
        [500, 500],
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
        [1_000, 0],
        [400, 400],
        [1_000, 0],
        [250, 250],
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

  it('stays a flood whatever follows', () => {
    const guard = new FloodGuard(0.5);
    guard.add(200, 200);
    guard.add(100_000, 0);
    expect(guard.isFlood).toBe(true);
  });

  it('is never a flood with a ratio of 1', () => {
    const guard = new FloodGuard(1);
    guard.add(5_000, 5_000);
    expect(guard.isFlood).toBe(false);
  });
});
