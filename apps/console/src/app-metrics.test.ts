import { expect, test } from 'vitest';
import { bucketsOf, parseMetrics, quantileSince, sumOf } from './app-metrics.ts';

const text = `# HELP x help
x{pipeline="a",result="written"} 5
x{pipeline="a",result="said \\"no\\""} 7
h_bucket{le="0.1"} 50
h_bucket{le="0.2"} 90
h_bucket{le="+Inf"} 100
plain 3.5 1700000000000
`;

test('reads lines with their labels', () => {
  const samples = parseMetrics(text);
  expect(sumOf(samples, 'x')).toBe(12);
  expect(sumOf(samples, 'x', { result: 'said "no"' })).toBe(7);
  expect(sumOf(samples, 'plain')).toBe(3.5);
  expect(sumOf(samples, 'y')).toBeUndefined();
});

test('a quantile is interpolated in its bucket, of what came since', () => {
  const now = bucketsOf(parseMetrics(text), 'h');
  const none = new Map<number, number>();
  expect(quantileSince(none, now, 0.5)).toBeCloseTo(0.1);
  expect(quantileSince(none, now, 0.7)).toBeCloseTo(0.15);
  expect(quantileSince(none, now, 0.99)).toBe(0.2);
  expect(quantileSince(now, now, 0.5)).toBeNull();
  expect(
    quantileSince(
      new Map([
        [0.1, 50],
        [0.2, 50],
        [Infinity, 50],
      ]),
      now,
      0.5,
    ),
  ).toBeCloseTo(0.1625);
});

test('the counts of an app that was started anew are its own', () => {
  const now = new Map([
    [1, 10],
    [Infinity, 10],
  ]);
  expect(
    quantileSince(
      new Map([
        [1, 500],
        [Infinity, 500],
      ]),
      now,
      0.5,
    ),
  ).toBe(0.5);
});
