import { describe, expect, it } from 'vitest';
import type { Evidence, Letter, SentRecord, TableRow, TopicRecord } from './evidence.ts';
import { judge, unsettled } from './oracle.ts';

const timestamp = 1_700_000_000_000;

function upsert(id: number, key: string, wt: number, overrides: Partial<SentRecord> = {}): SentRecord {
  const columns = { uuid: key, age: id };
  return { id, key, kind: 'upsert', columns, wt, letter: undefined, acknowledged: true, ...overrides };
}

function deletion(id: number, key: string, wt: number): SentRecord {
  return upsert(id, key, wt, { kind: 'delete', columns: {} });
}

/** Each record in the topic, at the offset of its place in the list. */
function topicOf(sent: readonly SentRecord[]): TopicRecord[] {
  return sent.map(({ id }, offset) => ({ id, partition: 0, offset, timestamp }));
}

function rowOf({ id, key, wt }: SentRecord, offset: number): readonly [string, TableRow] {
  const position = { source_partition: 0, source_offset: BigInt(offset), event_time: timestamp };
  return [key ?? '', { columns: { uuid: key, age: id, ...position }, writeTimestamps: [wt ?? 0] }];
}

const letterAt = (offset: number, overrides: Partial<Letter> = {}): Letter => ({
  code: 'bad-json',
  partition: 0,
  offset,
  intact: true,
  ...overrides,
});

function evidence(sent: readonly SentRecord[], overrides: Partial<Evidence>): Evidence {
  return { sent, topic: topicOf(sent), letters: [], rows: new Map(), disruptions: [], ...overrides };
}

describe('judge', () => {
  it('finds nothing where each row is the newest version and the rest are letters', () => {
    const bad = upsert(3, 'c', 40, { letter: 'bad-json' });
    const sent = [upsert(0, 'a', 10), upsert(1, 'a', 20), upsert(2, 'b', 30), bad, deletion(4, 'b', 50)];
    const verdict = judge(evidence(sent, { rows: new Map([rowOf(sent[1]!, 1)]), letters: [letterAt(3)] }));
    expect(verdict).toEqual({
      acknowledged: 5,
      inTable: 4,
      inLetters: 1,
      lost: [],
      wrong: [],
      duplicateLetters: [],
    });
  });

  it('finds a record that is nowhere', () => {
    const sent = [upsert(0, 'a', 10), upsert(1, 'b', 20)];
    const { lost, inTable } = judge(evidence(sent, { rows: new Map([rowOf(sent[0]!, 0)]) }));
    expect(lost).toEqual(['record 1 ([0]@1): nowhere']);
    expect(inTable).toBe(1);
  });

  it('finds a record that was acknowledged and is not in the topic, and none that was not acknowledged', () => {
    const sent = [upsert(0, 'a', 10), upsert(1, 'b', 20, { acknowledged: false })];
    expect(judge(evidence(sent, { topic: [] })).lost).toEqual([
      'record 0: acknowledged, and not in the topic',
    ]);
  });

  it('finds a stale row: the newer version is lost', () => {
    const sent = [upsert(0, 'a', 10), upsert(1, 'a', 20)];
    const { lost, wrong } = judge(evidence(sent, { rows: new Map([rowOf(sent[0]!, 0)]) }));
    expect(lost).toEqual(['record 1 ([0]@1): nowhere']);
    expect(wrong).toEqual(['row a: not that of [0]@1 in age, source_offset, WRITETIME']);
  });

  it('takes the highest write timestamp for the newest, and the highest offset where they are equal', () => {
    const late = [upsert(0, 'a', 20), upsert(1, 'a', 10)];
    expect(judge(evidence(late, { rows: new Map([rowOf(late[0]!, 0)]) })).wrong).toEqual([]);
    const equal = [upsert(0, 'a', 20), upsert(1, 'a', 20)];
    expect(judge(evidence(equal, { rows: new Map([rowOf(equal[1]!, 1)]) })).wrong).toEqual([]);
  });

  it('orders records without a header by their timestamp and offset', () => {
    const sent = [upsert(0, 'a', 0, { wt: undefined }), upsert(1, 'a', 0, { wt: undefined })];
    const [key, row] = rowOf(sent[1]!, 1);
    const rows = new Map([[key, { ...row, writeTimestamps: [timestamp * 1000 + 1] }]]);
    expect(judge(evidence(sent, { rows }))).toMatchObject({ lost: [], wrong: [] });
  });

  it('finds a deleted row that is there', () => {
    const sent = [upsert(0, 'a', 10), deletion(1, 'a', 20)];
    const { wrong, lost } = judge(evidence(sent, { rows: new Map([rowOf(sent[0]!, 0)]) }));
    expect(wrong).toEqual(['row a: there, though [0]@1 deleted it']);
    expect(lost).toEqual(['record 1 ([0]@1): nowhere']);
  });

  it('finds a row that is missing though it was inserted again after a delete', () => {
    const sent = [deletion(0, 'a', 10), upsert(1, 'a', 20)];
    expect(judge(evidence(sent, {})).wrong).toEqual(['row a: missing, should be [0]@1']);
  });

  it('finds cells of another version in a row, and one with another write timestamp', () => {
    const sent = [upsert(0, 'a', 10)];
    const [key, row] = rowOf(sent[0]!, 0);
    const mixed = { ...row, columns: { ...row.columns, age: 7 }, writeTimestamps: [10, 9] };
    expect(judge(evidence(sent, { rows: new Map([[key, mixed]]) })).wrong).toEqual([
      'row a: not that of [0]@0 in age, WRITETIME',
    ]);
  });

  it('finds rows and topic records that nobody sent', () => {
    const [key, row] = rowOf(upsert(0, 'z', 1), 0);
    const topic = [{ id: 99, partition: 0, offset: 0, timestamp }];
    expect(judge(evidence([], { topic, rows: new Map([[key, row]]) })).wrong).toEqual([
      '[0]@0: a record that was never sent',
      'row z: there, and no record has it',
    ]);
  });

  it('finds letters that are missing, of good records, of another code, and changed ones', () => {
    const bad = { letter: 'bad-json' };
    const sent = [
      upsert(0, 'a', 10, bad),
      upsert(1, 'b', 20),
      upsert(2, 'c', 30, bad),
      upsert(3, 'd', 40, bad),
    ];
    const letters = [letterAt(1), letterAt(2, { code: 'bad-key' }), letterAt(3, { intact: false })];
    const { wrong, lost } = judge(evidence(sent, { letters }));
    expect(lost).toEqual(['record 0 ([0]@0): nowhere']);
    expect(wrong).toEqual([
      '[0]@0: no letter with bad-json',
      '[0]@1: a good record became a letter (bad-json)',
      '[0]@2: a letter with bad-key, not bad-json',
      '[0]@3: a letter that is not its record byte for byte',
      'row b: missing, should be [0]@1',
    ]);
  });

  it('allows one copy of a letter for each disruption before which it was not committed', () => {
    const sent = [upsert(0, 'a', 10, { letter: 'bad-json' }), upsert(1, 'b', 20, { letter: 'bad-json' })];
    const letters = [letterAt(0), letterAt(0), letterAt(1), letterAt(1)];
    const none = judge(evidence(sent, { letters }));
    expect(none.duplicateLetters).toEqual(['[0]@0: 1 letters too many', '[0]@1: 1 letters too many']);
    const { duplicateLetters } = judge(evidence(sent, { letters, disruptions: [new Map([[0, 1]])] }));
    expect(duplicateLetters).toEqual(['[0]@0: 1 letters too many']);
  });
});

describe('unsettled', () => {
  const look = (
    sent: readonly SentRecord[],
    { rows = {}, letters = [] }: { rows?: Record<string, number>; letters?: Letter[] } = {},
  ) =>
    unsettled(topicOf(sent), {
      sent: new Map(sent.map((record) => [record.id, record])),
      rows: new Map(Object.entries(rows)),
      letters,
    }).map(({ offset }) => offset);

  it('finds a commit past a record that is not written', () => {
    const sent = [upsert(0, 'a', 10), upsert(1, 'b', 20)];
    expect(look(sent, { rows: { a: 10 } })).toEqual([1]);
    expect(look(sent, { rows: { a: 10, b: 19 } })).toEqual([1]);
    expect(look(sent, { rows: { a: 10, b: 21 } })).toEqual([]);
  });

  it('accepts a row that was deleted later, not one that was deleted before', () => {
    const sent = [deletion(0, 'a', 10), upsert(1, 'a', 20)];
    expect(look(sent)).toEqual([1]);
    expect(look([upsert(0, 'a', 10), deletion(1, 'a', 20)])).toEqual([]);
  });

  it('accepts a dead letter, and misses one that is not there', () => {
    const sent = [upsert(0, 'a', 10, { letter: 'bad-json' })];
    expect(look(sent)).toEqual([0]);
    expect(look(sent, { letters: [letterAt(0)] })).toEqual([]);
  });
});
