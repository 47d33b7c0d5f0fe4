import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { History } from './history.ts';

const start = 1_700_000_040_000; // a whole minute

test('keeps a value a second, and null where none was known', () => {
  const history = History.open(':memory:');
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
  const history = History.open(':memory:');
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
    const first = History.open(file);
    first.add(start, { lag: 42 });
    first.close();
    const second = History.open(file);
    expect(second.read(['lag'], { from: start, to: start, stepMs: 1_000 }).values.lag).toEqual([42]);
    second.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a damaged file is named, with what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const file = join(folder, 'history.sqlite');
  const advice = new RegExp(`${file} is damaged .*move the file`);
  writeFileSync(file, 'this is no database, '.repeat(500));
  expect(() => History.open(file)).toThrow(advice);
  rmSync(file);
  // its first page is whole, those after it are not
  const history = History.open(file);
  for (let second = 0; second < 400; second++)
    history.add(
      start + second * 1_000,
      Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`s${at}`, at])),
    );
  history.close();
  const database = openSync(file, 'r+');
  for (let page = 3; page < 20; page++)
    writeSync(database, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096);
  closeSync(database);
  expect(() => {
    const opened = History.open(file);
    try {
      opened.read(['s1'], { from: start, to: start + 400_000, stepMs: 1_000 });
    } finally {
      opened.close();
    }
  }).toThrow(advice);
  rmSync(folder, { recursive: true });
});

test('a file that cannot be opened is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const file = join(folder, 'history.sqlite');
  mkdirSync(file);
  expect(() => History.open(file)).toThrow(`${file} cannot be written (EISDIR)`);
  rmSync(folder, { recursive: true });
});
