import { expect, test } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  formatWriteTime,
  plural,
} from './format.ts';

test('a count past 2^53 stays exact', () => {
  expect(formatCount('9223372036854775807')).toBe('9,223,372,036,854,775,807');
  expect(formatCount(1200)).toBe('1,200');
  expect(formatCount(null)).toBe('–');
});

test('spans of time have two units at most', () => {
  expect([0, 4.25, 820, 1_440, 200_000, 7_200_000, 187_200_000].map(formatDuration)).toEqual([
    '0 ms',
    '4.3 ms',
    '820 ms',
    '1.4 s',
    '3 min 20 s',
    '2 h',
    '2 d 4 h',
  ]);
});

test('rates, sizes and counted nouns', () => {
  expect(formatRate(3.25)).toBe('3.3/s');
  expect(formatRate(12_345.6)).toBe('12,346/s');
  expect(formatBytes(512)).toBe('512 B');
  expect(formatBytes('5242880')).toBe('5.0 MiB');
  expect(plural(1, 'record')).toBe('1 record');
  expect(plural('2000', 'record')).toBe('2,000 records');
});

test('moments are told to the millisecond, and what is no moment is unknown', () => {
  expect(formatMoment(new Date(2026, 10, 23, 1, 2, 3, 45).getTime())).toBe('2026-11-23 01:02:03.045');
  expect(formatMoment('not a date')).toBe('–');
  const microseconds = `${new Date(2026, 10, 23, 1, 2, 3, 45).getTime()}001`;
  expect(formatWriteTime(microseconds)).toMatch(/^2026-11-23 01:02:03\.045 \(1,79[\d,]+,001 µs\)$/);
  expect(formatWriteTime(null)).toBe('–');
  expect(formatAgo(1_000, 6_400)).toBe('5 s ago');
});
