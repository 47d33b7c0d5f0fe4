import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryDelayMs } from './retry.ts';

const bounds = { minMs: 500, maxMs: 30_000 };

describe('retryDelayMs', () => {
  it('doubles up to its maximum, between half of it and the whole', () => {
    const delays = [1, 2, 3, 7, 50, 2000].map((attempt) => [
      retryDelayMs(attempt, undefined, bounds, 0),
      retryDelayMs(attempt, undefined, bounds, 0.999_999),
    ]);
    expect(delays.map((range) => range.map(Math.round))).toEqual([
      [250, 500],
      [500, 1000],
      [1000, 2000],
      [15_000, 30_000],
      [15_000, 30_000],
      [15_000, 30_000],
    ]);
  });

  it('is never shorter than what the server asks for', () => {
    expect(retryDelayMs(1, 7000, bounds, 0)).toBe(7000);
    expect(retryDelayMs(1, 7000, bounds, 0.5)).toBe(7250);
    expect(retryDelayMs(9, 7000, bounds, 0)).toBe(15_000);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 12:00:05 GMT', 5000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['31536000', 900_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j as %j ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
