import { describe, expect, it } from 'vitest';
import { Histogram, quantile } from './histogram.ts';

const options = { name: 'seconds', help: 'Seconds.', buckets: [1, 2, 4] };

describe('Histogram', () => {
  it('counts a value on a bound into that bound, and one above all into the last', () => {
    const histogram = new Histogram(options);
    for (const value of [-1, 0.5, 1, 1.5, 2, 4, 4.1]) histogram.observe(value);
    expect(histogram.read().counts).toEqual([3, 2, 1, 1]);
  });

  it('counts a weighted observation as that many single ones', async () => {
    const weighted = new Histogram(options);
    weighted.observe(1.5, 300);
    weighted.observe(3, 0);
    const single = new Histogram(options);
    for (let i = 0; i < 300; i++) single.observe(1.5);
    expect(await weighted.get()).toEqual(await single.get());
  });

  it.each([
    [Number.NaN, 1],
    [Infinity, 1],
    [1, -1],
    [1, 0.5],
  ])('refuses %d x %d', (value, count) => {
    const histogram = new Histogram(options);
    expect(() => {
      histogram.observe(value, count);
    }).toThrow(expect.objectContaining({ code: 'bad-observation' }));
    expect(histogram.read().counts).toEqual([0, 0, 0, 0]);
  });
});

describe('quantile', () => {
  it('interpolates within the bucket', () => {
    const histogram = new Histogram(options);
    histogram.observe(0.5, 50);
    histogram.observe(3, 50);
    expect(quantile(histogram.read(), 0.25)).toBeCloseTo(0.5);
    expect(quantile(histogram.read(), 0.5)).toBe(1);
    expect(quantile(histogram.read(), 0.75)).toBe(3);
    expect(quantile(histogram.read(), 1)).toBe(4);
  });

  it('has no answer without observations, and the highest bound above all bounds', () => {
    const histogram = new Histogram(options);
    expect(quantile(histogram.read(), 0.5)).toBeUndefined();
    histogram.observe(100);
    expect(quantile(histogram.read(), 0.5)).toBe(4);
  });

  it('stays within the width of a bucket of the true value', () => {
    const buckets = Array.from({ length: 100 }, (_, index) => (index + 1) / 100);
    const histogram = new Histogram({ ...options, buckets });
    const values = Array.from({ length: 1000 }, (_, index) => ((index * 7919) % 1000) / 1000);
    for (const value of values) histogram.observe(value);
    for (const q of [0.01, 0.5, 0.99])
      expect(Math.abs((quantile(histogram.read(), q) ?? NaN) - q)).toBeLessThan(0.011);
  });
});
