import { expect, test } from 'vitest';
import type { Overview } from '../../../src/contract/overview.ts';
import { begun, continued } from './figures.ts';

function overviewAt(at: number, lag: number): Overview {
  const part = { state: 'ok' as const, problem: null };
  return {
    at,
    source: { ...part, recordsPerSecond: null, requestsPerSecond: null, failuresPerSecond: null },
    topic: { ...part, recordsPerSecond: 5, partitions: 1, records: 10, held: 0 },
    writer: {
      ...part,
      recordsPerSecond: null,
      members: 1,
      lag,
      timeLagMs: 0,
      catchUpSeconds: null,
      pauses: [],
    },
    table: { ...part, rowsPerSecond: null, writeP50Ms: null, writeP99Ms: null, nodesUp: 1, nodes: 1 },
    deadLetters: { ...part, records: 0, recordsPerSecond: 0 },
    endToEnd: { p50Ms: null, p99Ms: null },
  };
}

const history = { stepMs: 1_000, from: 0, to: 2_000, times: [1_000, 2_000], values: { lag: [1, 2] } };

test('live figures continue the history where it ends, each once', () => {
  const figures = continued(history, [overviewAt(2_000, 99), overviewAt(3_000, 3)], ['lag', 'produced']);
  expect(figures.times).toEqual([1_000, 2_000, 3_000]);
  expect(figures.values).toEqual({ lag: [1, 2, 3], produced: [null, null, 5] });
});

test('seconds that have not reached the history yet come from the live figures', () => {
  const behind = { ...history, values: { lag: [1, null] } };
  expect(continued(behind, [overviewAt(2_000, 2), overviewAt(3_000, 3)], ['lag']).values).toEqual({
    lag: [1, 2, 3],
  });
});

test('points that stand for minutes are not continued by seconds', () => {
  const minutes = { ...history, stepMs: 60_000 };
  expect(continued(minutes, [overviewAt(3_000, 3)], ['lag']).times).toEqual([1_000, 2_000]);
});

test('the time before the first figure is left out', () => {
  const figures = {
    times: [1, 2, 3, 4],
    values: { lag: [null, null, 7, null], written: [null, null, null, 2] },
  };
  expect(begun(figures)).toEqual({ times: [3, 4], values: { lag: [7, null], written: [null, 2] } });
});
