import { expect, it } from 'vitest';
import { Ring, ringSize } from './ring.ts';

it('is the whole ring from the lowest token to the highest', () => {
  const ring = new Ring();
  expect(ring.place(-(2 ** 31))).toBe(0);
  expect(ring.place(2 ** 31 - 1)).toBe(ringSize - 1);
  expect(ring.tokens(0, ringSize - 1)).toEqual([{ first: -(2 ** 31), last: 2 ** 31 - 1 }]);
});

it('holds each token in the window of its place, wherever it was turned to', () => {
  for (const origin of [0, 0.1, 0.5, 0.999_999]) {
    const ring = new Ring(origin);
    for (let first = 0; first < ringSize; first += ringSize / 4) {
      const last = first + ringSize / 4 - 1;
      const windows = ring.tokens(first, last);
      expect(windows.reduce((sum, window) => sum + window.last - window.first + 1, 0)).toBe(ringSize / 4);
      for (const { first: from, last: to } of windows)
        for (const token of [from, to, Math.floor((from + to) / 2)]) {
          expect(ring.place(token)).toBeGreaterThanOrEqual(first);
          expect(ring.place(token)).toBeLessThanOrEqual(last);
        }
    }
  }
});
