import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { History } from './history.ts';

const start = 1_700_000_040_000; // a whole minute

test('keeps a value a second, and null where none was known', () => {
  const history = new History(':memory:');
  history.add(start + 5, { lag: 3, produced: null });
  history.add(start + 2_010, { lag: 0.5, produced: 7 });
  const found = history.read(['lag', 'produced', 'other'], { from: start, to: start + 2_999, stepMs: 1_000 });
  expect(found.times).toEqual([start, start + 1_000, start + 2_000]);
  expect(found.values).toEqual({
    lag: [3, null, 0.5],
    produced: [null, null, 7],
    other: [null, null, null],
  });
});

test('keeps the mean of each minute for 7 days, and seconds for an hour', () => {
  const history = new History(':memory:');
  const hour = 3_600_000;
  for (let second = 0; second < 120; second++) history.add(start + second * 1_000, { lag: second });
  history.add(start + hour + 180_000, { lag: 1 });
  history.add(start + hour + 240_000, { lag: 1 });
  const minutes = history.read(['lag'], { from: start, to: start + 120_000, stepMs: 60_000 });
  expect(minutes.values.lag).toEqual([29.5, 89.5, null]);
  const seconds = history.read(['lag'], { from: start, to: start + 120_000, stepMs: 1_000 });
  expect(seconds.values.lag!.every((value) => value === null)).toBe(true);
  history.add(start + 8 * 24 * hour, { lag: 1 });
  history.add(start + 8 * 24 * hour + 60_000, { lag: 1 });
  expect(history.read(['lag'], { from: start, to: start + 120_000, stepMs: 60_000 }).values.lag).toEqual([
    null,
    null,
    null,
  ]);
});

test('is there after a restart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'history-'));
  try {
    const file = join(folder, 'state', 'history.sqlite');
    const first = new History(file);
    first.add(start, { lag: 42 });
    first.close();
    const second = new History(file);
    expect(second.read(['lag'], { from: start, to: start, stepMs: 1_000 }).values.lag).toEqual([42]);
    second.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
