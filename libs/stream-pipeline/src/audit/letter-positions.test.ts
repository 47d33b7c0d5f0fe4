import { createHash } from 'node:crypto';
import { type ConsumedRecord, deadLetterHeaders, rangeHeaders, shortenedHeaders } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import { LetterPositions } from './letter-positions.ts';

const thisId = 'A'.repeat(22);
const formerId = 'B'.repeat(22);
const source = { name: 'users', id: thisId };

interface About {
  readonly topic?: string;
  readonly topicId?: string | undefined;
  readonly timestamp?: number;
  readonly sourceTimestamp?: number;
}

function letter(
  partition: number,
  offset: number,
  { topic = 'users', timestamp = 0, sourceTimestamp = 5, ...about }: About = {},
): ConsumedRecord {
  const topicId = 'topicId' in about ? about.topicId : thisId;
  const headers = [
    [deadLetterHeaders.stage, Buffer.from('decode')],
    [deadLetterHeaders.sourceTopic, Buffer.from(topic)],
    ...(topicId === undefined ? [] : [[deadLetterHeaders.sourceTopicId, Buffer.from(topicId)] as const]),
    [deadLetterHeaders.sourceTimestamp, Buffer.from(String(sourceTimestamp))],
    [deadLetterHeaders.sourcePartition, Buffer.from(String(partition))],
    [deadLetterHeaders.sourceOffset, Buffer.from(String(offset))],
  ] as const;
  return { topic: 'users.dlq', partition: 0, offset: 0, timestamp, key: null, value: null, headers };
}

function record(
  partition: number,
  offset: number,
  { timestamp = 5, key = null as Buffer | null } = {},
): ConsumedRecord {
  return { topic: 'users', partition, offset, timestamp, key, value: null, headers: [] };
}

async function* batches(...records: ConsumedRecord[]) {
  yield await Promise.resolve({ partition: 0, records });
}

function partition(begin: number, end: number) {
  return [{ partition: 0, begin, end }];
}

it('knows each position once, of its topic alone', async () => {
  const offsets = Array.from({ length: 200 }, (_, i) => (i * 37) % 200);
  const letters = await LetterPositions.of(
    batches(
      ...offsets.map((offset) => letter(1, offset * 2)),
      letter(1, 4),
      letter(2, 9),
      letter(1, 5, { topic: 'orders' }),
    ),
    partition(0, 203),
    { source },
  );
  expect(letters.count).toBe(201);
  expect([0, 4, 398].every((offset) => letters.has(record(1, offset)))).toBe(true);
  expect(letters.has(record(2, 9))).toBe(true);
  expect([
    letters.has(record(1, 5)),
    letters.has(record(1, 400)),
    letters.has(record(2, 4)),
    letters.has(record(3, 0)),
  ]).toEqual(Array(4).fill(false));
});

it('leaves out letters of records that never were in the topic', async () => {
  const { headers, ...record } = letter(0, 0);
  const ofTheSource = { ...record, headers: headers.slice(0, 2) };
  const letters = await LetterPositions.of(batches(ofTheSource), partition(0, 1), { source });
  expect(letters.count).toBe(0);
});

it('tells up to when letters may have expired', async () => {
  const some = () => batches(letter(0, 1, { timestamp: 500 }), letter(0, 2, { timestamp: 900 }));
  const of = async (begin: number, read = some()) =>
    (await LetterPositions.of(read, partition(begin, 9), { source })).goneUntil;
  expect(await of(0)).toBe(-Infinity);
  expect(await of(7)).toBe(500);
  expect(await of(9, batches())).toBe(Infinity);
});

it('takes a letter of a batch for all the records of its range, and no other letter for one', async () => {
  const ranged = (offset: number, last: number, code: string, stage = 'source') => {
    const { headers, ...rest } = letter(0, offset);
    const [, ...others] = headers;
    const more = [
      [rangeHeaders.lastOffset, Buffer.from(String(last))],
      [deadLetterHeaders.errorCode, Buffer.from(code)],
    ] as const;
    return { ...rest, headers: [[deadLetterHeaders.stage, Buffer.from(stage)], ...others, ...more] as const };
  };
  const letters = await LetterPositions.of(
    batches(
      ranged(10, 19, 'batch-too-large'),
      ranged(15, 24, 'bad-batch'),
      ranged(100, 100_000, 'bad-json'),
      ranged(40, 3, 'bad-batch'),
      // of a transform that refuses with the same code
      ranged(200, 300, 'bad-batch', 'transform'),
    ),
    partition(0, 4),
    { source },
  );
  expect(
    [9, 10, 24, 25, 40, 41, 100, 101, 200, 201].filter((offset) => letters.has(record(0, offset))),
  ).toEqual([10, 24, 40, 100, 200]);
  expect(letters.count).toBe(18);
});

it('knows a record by the id of its topic: dead letters of an earlier one are of none', async () => {
  const letters = await LetterPositions.of(
    batches(letter(0, 1), letter(0, 2, { topicId: formerId }), letter(1, 3, { topicId: formerId })),
    partition(0, 3),
    { source },
  );
  expect([letters.count, letters.former]).toEqual([1, 2]);
  expect([1, 2].map((offset) => letters.has(record(0, offset)))).toEqual([true, false]);
  expect(letters.has(record(1, 3))).toBe(false);
});

it.each([undefined, thisId])(
  'knows a record by timestamp and key where there is no id to compare (topic id %s)',
  async (id) => {
    const without = { topicId: id === undefined ? formerId : undefined };
    const key = Buffer.from('ada');
    const letters = await LetterPositions.of(
      batches(letter(0, 1, without), { ...letter(0, 2, without), key }, letter(0, 3, without)),
      partition(0, 3),
      { source: { name: 'users', id } },
    );
    expect(letters.has(record(0, 1))).toBe(true);
    expect(letters.has(record(0, 2, { key }))).toBe(true);
    const others = [record(0, 1, { timestamp: 6 }), record(0, 2), record(0, 3, { key }), record(1, 1)];
    expect(others.map((other) => letters.has(other))).toEqual([false, false, false, false]);
  },
);

it('knows a record whose key was shortened in its dead letter', async () => {
  const key = Buffer.alloc(5_000, 'k');
  const shortened = letter(0, 1, { topicId: undefined });
  const headers = [
    ...shortened.headers,
    [shortenedHeaders.shortened, Buffer.from('value,key')] as const,
    [shortenedHeaders.keySha256, Buffer.from(createHash('sha256').update(key).digest('hex'))] as const,
  ];
  const letters = await LetterPositions.of(
    batches({ ...shortened, headers, key: key.subarray(0, 1_024) }),
    partition(0, 1),
    { source },
  );
  expect(letters.has(record(0, 1, { key }))).toBe(true);
});
