import type { ClusterInspector, ConsumedRecord, KafkaClient, RecordBatch } from '@sluice/kafka-client';
import { deadLetterHeaders } from '@sluice/kafka-client';
import { expect, test } from 'vitest';
import { LetterIndex } from './letter-index.ts';

function letter(offset: number, code: string, timestamp: number): ConsumedRecord {
  const headers = Object.entries({
    [deadLetterHeaders.stage]: 'decode',
    [deadLetterHeaders.errorCode]: code,
    [deadLetterHeaders.errorMessage]: 'why',
    [deadLetterHeaders.sourceTopic]: 'users',
    [deadLetterHeaders.sourcePartition]: '1',
    [deadLetterHeaders.sourceOffset]: String(offset + 100),
    [deadLetterHeaders.sourceTimestamp]: '5',
  }).map(([name, value]) => [name, Buffer.from(value)] as const);
  return {
    topic: 'dlq',
    partition: 0,
    offset,
    timestamp,
    key: Buffer.from(`k${offset % 2}`),
    value: null,
    headers,
  };
}

function recordAt(
  offset: number,
  { topicId = undefined as string | undefined, timestamp = 5, key = 'k0' } = {},
) {
  return { topic: 'users', topicId, partition: 1, offset, timestamp, key: Buffer.from(key) };
}

/** A topic of one partition from which records can be deleted. */
class Topic {
  begin = 0;
  records: ConsumedRecord[] = [];
  reads = 0;
  readonly index: LetterIndex;

  constructor() {
    const inspector = {
      topics: () => Promise.resolve([]),
      begins: () => Promise.resolve(new Map([['dlq', new Map([[0, this.begin]])]])),
      ends: () => Promise.resolve(new Map([['dlq', new Map([[0, this.begin + this.records.length]])]])),
    } as unknown as ClusterInspector;
    this.index = new LetterIndex(
      { use: (work) => work(inspector) },
      { read: ((options) => this.#read(options)) as KafkaClient['read'] },
      'dlq',
    );
  }

  async *#read({ ranges }: Parameters<KafkaClient['read']>[0]): AsyncGenerator<RecordBatch> {
    this.reads += 1;
    const { from = 0, to = 0 } = ranges.get(0) ?? {};
    const records = this.records.filter(({ offset }) => offset >= from && offset < to);
    yield await Promise.resolve({
      topic: 'dlq',
      partition: 0,
      records,
      nextOffset: to,
      lastStableOffset: to,
      highWatermark: to,
    });
  }
}

test('letters are read once, grouped, and found by what they are', async () => {
  const topic = new Topic();
  topic.records = [letter(0, 'bad-json', 1_000), letter(1, 'age:range', 2_000), letter(2, 'age:type', 9_000)];
  expect(await topic.index.update()).toBe(true);
  await topic.index.update();
  expect(topic.reads).toBe(1);
  const { letters, groups, overTime } = topic.index.overview();
  expect(letters).toBe(3);
  expect(groups.map(({ code }) => code).sort()).toEqual(['age:range', 'age:type', 'bad-json']);
  expect(overTime).toMatchObject({ stepMs: 1_000, values: { 'bad-json': [1, 0, 0, 0, 0, 0, 0, 0, 0] } });
  expect(topic.index.find({ codes: ['age:*'] }).map(({ offset }) => offset)).toEqual(['2', '1']);
  expect(topic.index.find({ key: 'k0', until: 9_000 }).map(({ offset }) => offset)).toEqual(['0']);
  expect(topic.index.ofRecord(recordAt(101, { key: 'k1' }))).toMatchObject({ offset: '1', stage: 'decode' });
  topic.records.push(letter(3, 'bad-json', 10_000));
  await topic.index.update();
  expect(topic.index.find({ codes: ['bad-json'] })).toHaveLength(2);
});

test('what retention deleted is forgotten, and all of a topic that was made anew', async () => {
  const topic = new Topic();
  topic.records = [letter(0, 'a', 1), letter(1, 'b', 2)];
  await topic.index.update();
  topic.begin = 1;
  topic.records.shift();
  await topic.index.update();
  expect(topic.index.find({}).map(({ offset }) => offset)).toEqual(['1']);
  topic.begin = 0;
  topic.records = [letter(0, 'c', 3)];
  await topic.index.update();
  expect(topic.index.find({}).map(({ code }) => code)).toEqual(['c']);
});

test('letters that were made to be large are remembered by their beginnings', async () => {
  const topic = new Topic();
  const long = 'x'.repeat(900_000);
  topic.records = Array.from({ length: 20 }, (_, at) => ({ ...letter(at, long, 1), key: Buffer.from(long) }));
  await topic.index.update();
  const [found] = topic.index.find({});
  expect(found).toMatchObject({ key: null, stage: 'decode' });
  expect(found!.code.length).toBeLessThan(210);
  expect(JSON.stringify(topic.index.find({})).length).toBeLessThan(20 * 1_000);
});

test('codes without end make no groups without end', async () => {
  const topic = new Topic();
  topic.records = Array.from({ length: 1_000 }, (_, at) => letter(at, `code-${at}`, at));
  await topic.index.update();
  const { groups, overTime } = topic.index.overview();
  expect(groups).toHaveLength(201);
  expect(groups.at(-1)).toEqual({ stage: 'other', code: 'other', letters: 800, first: 200, last: 999 });
  expect(Object.keys(overTime.values)).toHaveLength(9);
});

test('the dead letter of a record is not that of an earlier topic of the same name', async () => {
  const [thisId, earlierId] = ['A'.repeat(22), 'B'.repeat(22)];
  const topic = new Topic();
  const { headers, ...rest } = letter(0, 'bad-json', 1_000);
  const id = [deadLetterHeaders.sourceTopicId, Buffer.from(earlierId)] as const;
  topic.records = [{ ...rest, headers: [...headers, id] }, letter(1, 'without-id', 2_000)];
  await topic.index.update();
  const found = (offset: number, is: Parameters<typeof recordAt>[1]) =>
    topic.index.ofRecord(recordAt(offset, is))?.code;
  expect(found(100, { topicId: earlierId })).toBe('bad-json');
  expect(found(100, { topicId: thisId })).toBeUndefined();
  expect(found(101, { topicId: thisId, key: 'k1' })).toBe('without-id');
  expect(found(101, { topicId: thisId, key: 'k1', timestamp: 6 })).toBeUndefined();
  expect(found(101, { topicId: thisId, key: 'k0' })).toBeUndefined();
});
