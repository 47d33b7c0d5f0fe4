import { expect, test } from 'vitest';
import { EndOffsets } from './end-offsets.ts';

function growing(): EndOffsets {
  const ends = new EndOffsets();
  for (let second = 0; second <= 10; second++) ends.add(second * 1_000, new Map([[0, 100 + second * 10]]));
  return ends;
}

test('tells how long ago an offset was written', () => {
  const ends = growing();
  expect(ends.ageOf(0, 200, 10_000)).toBe(0);
  expect(ends.ageOf(0, 199, 10_000)).toBe(0);
  expect(ends.ageOf(0, 150, 10_000)).toBe(4_000);
});

test('does not guess the age of what was there before the first look', () => {
  expect(growing().ageOf(0, 99, 10_000)).toBeNull();
  expect(growing().ageOf(1, 0, 10_000)).toBeNull();
});

test('a topic that stands still grows older, not larger', () => {
  const ends = growing();
  for (let second = 11; second <= 600; second++) ends.add(second * 1_000, new Map([[0, 200]]));
  expect(ends.ageOf(0, 199, 600_000)).toBe(590_000);
});
