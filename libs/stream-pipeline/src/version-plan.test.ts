import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, planVersions, stepIn } from './version-plan.ts';

function candidate(identity: string, writeTimestamp: number, offset: number): Candidate {
  const record = { topic: 't', partition: 0, offset, timestamp: 0, key: null, value: null, headers: [] };
  return { record, identity, version: { writeTimestamp, offset }, prepared: undefined };
}

const offsets = (candidates: readonly Candidate[]) => candidates.map(({ record }) => record.offset);

describe('planVersions', () => {
  it('writes the highest write timestamp, and of equal ones the highest offset', () => {
    const plans = planVersions([
      candidate('a', 5, 1),
      candidate('a', 9, 2),
      candidate('a', 9, 3),
      candidate('a', 1, 4),
    ]);
    expect(plans).toHaveLength(1);
    expect(offsets([plans[0]!.newest])).toEqual([3]);
    expect(offsets(plans[0]!.superseded)).toEqual([2, 1, 4]);
  });

  it('lets older versions step in, newest first, until there is none', () => {
    const [plan] = planVersions([candidate('a', 1, 1), candidate('a', 3, 3), candidate('a', 2, 2)]);
    expect(stepIn(plan!)).toBe(true);
    expect(plan!.newest.record.offset).toBe(2);
    expect(stepIn(plan!)).toBe(true);
    expect(plan!.newest.record.offset).toBe(1);
    expect(stepIn(plan!)).toBe(false);
  });

  it('keeps every version of every row, in order, whatever the order of arrival', () => {
    const version = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
        const given = versions.map(([identity, writeTimestamp], offset) =>
          candidate(identity, writeTimestamp, offset),
        );
        const planned = planVersions(given).flatMap(({ newest, superseded }) => {
          const all = [newest, ...superseded];
          const sorted = [...all].sort(
            ({ version: a }, { version: b }) => b.writeTimestamp - a.writeTimestamp || b.offset - a.offset,
          );
          expect(all).toEqual(sorted);
          return all;
        });
        expect(offsets(planned).sort((a, b) => a - b)).toEqual(offsets(given));
      }),
    );
  });
});
