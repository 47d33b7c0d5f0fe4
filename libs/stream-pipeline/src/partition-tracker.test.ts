import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionTracker } from './partition-tracker.ts';

describe('PartitionTracker', () => {
  it('holds the watermark before the first span that is not settled', () => {
    const tracker = new PartitionTracker(10);
    const first = tracker.begin(15);
    const second = tracker.begin(20);
    expect(tracker.position).toBe(20);

    second();
    expect(tracker.watermark).toBe(10);
    expect(tracker.uncommitted).toBeUndefined();

    first();
    expect(tracker.watermark).toBe(20);
    expect(tracker.uncommitted).toBe(20);
  });

  it('has nothing to commit once the watermark is committed', () => {
    const tracker = new PartitionTracker(0);
    tracker.begin(5)();
    tracker.committed(5);
    expect(tracker.uncommitted).toBeUndefined();
    tracker.begin(6)();
    expect(tracker.uncommitted).toBe(6);
  });

  it('knows the timestamp of the record right before the watermark, or that it is unknown', () => {
    const tracker = new PartitionTracker(0);
    const first = tracker.begin(5, 111);
    tracker.begin(9, 222)();
    expect(tracker.lastTimestamp).toBeUndefined();
    first();
    expect(tracker.lastTimestamp).toBe(222);
    tracker.begin(12)();
    expect(tracker.lastTimestamp).toBeUndefined();
  });

  it('never passes an unsettled span, whatever the order in which spans settle', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 })
          .chain((lengths) =>
            fc.tuple(
              fc.constant(lengths),
              fc.shuffledSubarray([...lengths.keys()], { minLength: 0, maxLength: lengths.length }),
            ),
          ),
        ([lengths, order]) => {
          const tracker = new PartitionTracker(0);
          let end = 0;
          const spans = lengths.map((length) => ({ start: end, settle: tracker.begin((end += length)) }));
          const open = new Set(spans);
          for (const index of order) {
            const span = spans[index]!;
            span.settle();
            open.delete(span);
            const firstOpen = [...open].reduce((least, { start }) => Math.min(least, start), end);
            expect(tracker.watermark).toBe(firstOpen);
          }
        },
      ),
    );
  });
});
