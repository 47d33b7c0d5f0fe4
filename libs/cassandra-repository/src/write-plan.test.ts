import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBatches } from './write-plan.ts';

const limits = { bytes: 100, rows: 4 };

function item(bytes: number, replicas = 0) {
  return { bytes, replicas };
}

test('fills a batch up to the byte limit, and no further', () => {
  const [a, b, c] = [item(60), item(40), item(1)];
  expect(planBatches([a, b, c], limits)).toEqual([[a, b], [c]]);
});

test('fills a batch up to the row limit, and no further', () => {
  expect(planBatches(Array(9).fill(item(1)), limits).map((batch) => batch.length)).toEqual([4, 4, 1]);
});

test('keeps rows on different replicas apart', () => {
  const [a, b, c] = [item(1, 0), item(1, 1), item(1, 0)];
  expect(planBatches([a, b, c], limits)).toEqual([[a, c], [b]]);
});

test('sends a row that is too large by itself alone, and lets the others share', () => {
  const [a, big, b] = [item(10), item(101), item(10)];
  expect(planBatches([a, big, b], limits)).toEqual([[a, b], [big]]);
});

test('plans every row once, within the limits and on one set of replicas', () => {
  const items = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 150 }), replicas: fc.nat(3) }));
  fc.assert(
    fc.property(items, (all) => {
      const batches = planBatches(all, limits);
      expect(new Set(batches.flat())).toEqual(new Set(all));
      expect(batches.flat()).toHaveLength(all.length);
      for (const batch of batches) {
        expect(new Set(batch.map(({ replicas }) => replicas)).size).toBe(1);
        expect(batch.length).toBeLessThanOrEqual(limits.rows);
        const bytes = batch.reduce((sum, one) => sum + one.bytes, 0);
        expect(batch.length === 1 || bytes <= limits.bytes).toBe(true);
      }
    }),
  );
});
