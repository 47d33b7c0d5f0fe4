import { type ConsumedRecord, type DeadLetterStage, sluiceHeaders } from '@sluice/kafka-client';
import { describe, expect, it } from 'vitest';
import { letterOf } from '../../test/letters.ts';
import { fingerprint, normalized } from './letter-filter.ts';
import { LetterSorter, type SortingOptions } from './letter-sorter.ts';

const then = 1_700_000_000_000;

function failed(overrides: Partial<ConsumedRecord> = {}, redrives = 0, firstOffset?: number): ConsumedRecord {
  const header = (name: string, value: number) => [name, Buffer.from(String(value))] as const;
  return {
    topic: 'items',
    partition: 0,
    offset: 1,
    timestamp: then,
    key: Buffer.from('ada'),
    value: null,
    headers: [
      ...(redrives > 0 ? [header(sluiceHeaders.redriveCount, redrives)] : []),
      ...(firstOffset === undefined ? [] : [header(sluiceHeaders.sourceOffset, firstOffset)]),
    ],
    ...overrides,
  };
}

function sort(letters: readonly ConsumedRecord[], options: Partial<SortingOptions> = {}): string[] {
  const sorter = new LetterSorter({
    topic: 'items',
    partitions: 4,
    filter: {},
    maxRedrives: 3,
    expiredBefore: -Infinity,
    ...options,
  });
  for (const letter of letters) sorter.note(letter);
  return letters.map((letter) => {
    const sorted = sorter.sort(letter);
    return sorted.kind === 'skipped' ? sorted.reason : sorted.kind;
  });
}

describe('letters are sorted', () => {
  it('one record once: a letter that is there twice is a duplicate', async () => {
    const one = await letterOf(failed());
    expect(sort([one, await letterOf(failed({ partition: 1 })), one])).toEqual([
      'ready',
      'ready',
      'duplicate',
    ]);
  });

  it('by the newest letter of a record, wherever it stands: what failed again supersedes', async () => {
    const first = await letterOf(failed({ offset: 5 }));
    const again = await letterOf(failed({ offset: 70 }, 1, 5));
    const twice = await letterOf(failed({ offset: 71 }, 1, 5));
    const other = await letterOf(failed({ offset: 70 }));
    expect(sort([first, again, other])).toEqual(['superseded', 'ready', 'ready']);
    expect(sort([again, first, twice])).toEqual(['ready', 'superseded', 'duplicate']);
  });

  it('apart from those of an earlier topic with the same partition and offset', async () => {
    const former = await letterOf(failed({ offset: 5, topicId: 'B'.repeat(22) }));
    const again = await letterOf(failed({ offset: 9, topicId: 'B'.repeat(22) }, 2, 5));
    const current = await letterOf(failed({ offset: 5, topicId: 'A'.repeat(22) }));
    const letters = [former, again, current];
    const kinds = (formerTopics: boolean) => {
      const options = { topic: 'items', partitions: 4, filter: {}, maxRedrives: 3, expiredBefore: -Infinity };
      const sorter = new LetterSorter({ ...options, formerTopics });
      const isFormer = (letter: ConsumedRecord) => letter !== current;
      for (const letter of letters) sorter.note(letter, isFormer(letter));
      return letters.map((letter) => {
        const sorted = sorter.sort(letter, isFormer(letter));
        return sorted.kind === 'skipped' ? sorted.reason : sorted.kind;
      });
    };
    expect(kinds(false)).toEqual(['former-topic', 'former-topic', 'ready']);
    expect(kinds(true)).toEqual(['superseded', 'ready', 'other']);
  });

  it('as parked once the limit is reached, also when an older letter of the record is still there', async () => {
    const letters = [await letterOf(failed({ offset: 5 })), await letterOf(failed({ offset: 90 }, 3, 5))];
    expect(sort(letters)).toEqual(['superseded', 'parked']);
    expect(sort(letters, { maxRedrives: 4 })).toEqual(['superseded', 'ready']);
  });

  it('as expired by the write timestamp, not by the age of the letter', async () => {
    const old = await letterOf(failed({ offset: 1 }), { timestamp: then + 1_000_000 });
    const header = [sluiceHeaders.writeTimestamp, Buffer.from(String((then + 500) * 1000))] as const;
    const newer = await letterOf(failed({ offset: 2, headers: [header] }));
    expect(sort([old, newer], { expiredBefore: then + 500 })).toEqual(['expired', 'ready']);
    expect(sort([old, newer], { expiredBefore: then })).toEqual(['ready', 'ready']);
  });

  it('as skipped where there is no place to go back to', async () => {
    const letters = [
      failed(),
      await letterOf(failed({ topic: 'orders' })),
      await letterOf(failed({ partition: 4 })),
      await letterOf(failed({ offset: 9, timestamp: -1 })),
      await letterOf(failed({ partition: -1, offset: -1 }), { stage: 'source' }),
    ];
    const reasons = ['not-a-letter', 'other-topic', 'no-partition', 'no-timestamp', 'from-source'];
    expect(sort(letters)).toEqual(reasons);
  });

  it('as skipped where it does not hold the records that it stands for', async () => {
    const codes = ['record-too-large', 'batch-too-large', 'bad-batch'];
    const letters = await Promise.all(
      codes.map((code, offset) => letterOf(failed({ offset }), { stage: 'source', code })),
    );
    expect(sort(letters)).toEqual(['ready', 'incomplete', 'incomplete']);
    const unreadable = {
      code: 'record-too-large',
      message: '',
      lastOffset: 0,
      count: 1,
      maxTimestamp: 0,
    } as const;
    const cut = Object.assign(await letterOf(failed({ offset: 9 })), { unreadable });
    expect(sort([cut])).toEqual(['unreadable']);
  });

  const written: { code: string; stage?: DeadLetterStage; timestamp?: number; key?: string }[] = [
    { code: 'amount:missing' },
    { code: 'amount:out-of-range', stage: 'transform', timestamp: then + 10 },
    { code: 'bad-json', stage: 'write', timestamp: then + 20, key: 'bo' },
  ];
  it.each([
    [{ codes: ['bad-json'] }, [2]],
    [{ codes: ['amount:*'] }, [0, 1]],
    [{ codes: ['amount'] }, []],
    [{ codes: ['amount:missing', 'bad-json'], stages: ['decode'] }, [0]],
    [{ stages: ['transform', 'write'] }, [1, 2]],
    [{ since: then + 10, until: then + 20 }, [1]],
    [{ key: 'bo' }, [2]],
    [{}, [0, 1, 2]],
  ])('by the filter %j', async (filter, meant) => {
    const letters = await Promise.all(
      written.map(({ key = 'ada', ...about }, offset) =>
        letterOf(failed({ offset, key: Buffer.from(key) }), about),
      ),
    );
    const kinds = sort(letters, { filter });
    expect(kinds.flatMap((kind, i) => (kind === 'ready' ? [i] : []))).toEqual(meant);
    expect(kinds.filter((kind) => kind !== 'ready' && kind !== 'other')).toEqual([]);
  });
});

it('one filter has one fingerprint, however it is written, and another has another', () => {
  const of = (...filters: Parameters<typeof normalized>) => fingerprint(normalized(...filters));
  expect(of({ codes: ['b', 'a', 'b'] })).toBe(of({ codes: ['a', 'b'] }));
  const filters = [{}, { codes: ['a'] }, { stages: ['a'] }, { since: 1 }, { until: 1 }, { key: 'a' }];
  expect(new Set(filters.map((filter) => of(filter))).size).toBe(filters.length);
});
