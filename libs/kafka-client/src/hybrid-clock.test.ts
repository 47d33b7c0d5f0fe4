import { expect, it } from 'vitest';
import { HybridClock } from './hybrid-clock.ts';

function stamps(...wall: readonly number[]): number[] {
  const times = [...wall];
  const clock = new HybridClock(() => times.shift() ?? 0);
  return wall.map(() => clock.next());
}

it('follows the wall clock in microseconds', () => {
  expect(stamps(1_000, 1_001.5)).toEqual([1_000_000, 1_001_500]);
});

it('goes on by one where the wall clock stands still or steps back', () => {
  expect(stamps(1_000, 1_000, 400, 1_000.5)).toEqual([1_000_000, 1_000_001, 1_000_002, 1_000_500]);
});
