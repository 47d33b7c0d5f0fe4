import { expect, test } from 'vitest';
import { Rate } from './rate.ts';

test('is the growth by the second over the window', () => {
  const rate = new Rate(5_000);
  expect(rate.perSecond).toBeNull();
  rate.add(0, 100);
  expect(rate.perSecond).toBeNull();
  for (let second = 1; second <= 10; second++) rate.add(second * 1_000, 100 + second * 20);
  expect(rate.perSecond).toBe(20);
  for (let second = 11; second <= 16; second++) rate.add(second * 1_000, 300);
  expect(rate.perSecond).toBe(0);
});

test('a counter that goes back begins again', () => {
  const rate = new Rate();
  rate.add(0, 1_000);
  rate.add(1_000, 10);
  expect(rate.perSecond).toBeNull();
  rate.add(2_000, 15);
  expect(rate.perSecond).toBe(5);
});
