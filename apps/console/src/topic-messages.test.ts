import { setImmediate } from 'node:timers/promises';
import type { ClusterInspector, ConsumedRecord, KafkaClient, RecordBatch } from '@sluice/kafka-client';
import { userRecordSchema } from '@sluice/user-schema';
import { expect, test } from 'vitest';
import { MessageReader } from './message-reader.ts';
import { TopicMessages } from './topic-messages.ts';

/** Costs a few ms to be searched. */
const long = Buffer.from(`[${Array.from({ length: 40_000 }, (_, at) => at).join()}]`);
const topic = 'users';

/** A topic of one partition whose records are all the same; it counts those that were read. */
class Topic {
  read = 0;
  reading = 0;
  mostReading = 0;
  readonly messages: TopicMessages;
  readonly #end: number;
  readonly #value: Buffer;

  constructor(end: number, value = long) {
    this.#end = end;
    this.#value = value;
    const inspector = {
      topics: () => Promise.resolve([]),
      begins: () => Promise.resolve(new Map([[topic, new Map([[0, 0]])]])),
      ends: () => Promise.resolve(new Map([[topic, new Map([[0, this.#end]])]])),
      highWatermarks: () => Promise.resolve(new Map([[topic, new Map([[0, this.#end]])]])),
    } as unknown as ClusterInspector;
    const contract = { topics: [topic], deadLetterTopic: 'dlq', avsc: userRecordSchema.avsc, key: 'uuid' };
    this.messages = new TopicMessages(
      { use: (work) => work(inspector) },
      { read: ((options) => this.#batches(options)) as KafkaClient['read'] },
      new MessageReader({ registry: undefined, contract }),
    );
  }

  async *#batches({ ranges }: Parameters<KafkaClient['read']>[0]): AsyncGenerator<RecordBatch> {
    this.reading += 1;
    this.mostReading = Math.max(this.mostReading, this.reading);
    try {
      yield* this.#batch(ranges);
    } finally {
      this.reading -= 1;
    }
  }

  async *#batch(ranges: Parameters<KafkaClient['read']>[0]['ranges']): AsyncGenerator<RecordBatch> {
    const { from = 0, to = 0 } = ranges.get(0) ?? {};
    const records = Array.from({ length: to - from }, (_, at) => this.#record(from + at));
    const end = this.#end;
    const batch = { topic, partition: 0, records, nextOffset: to, highWatermark: end, lastStableOffset: end };
    yield await Promise.resolve(batch);
  }

  #record(offset: number): ConsumedRecord {
    const read = () => {
      this.read += 1;
      return this.#value;
    };
    return {
      ...{ topic, partition: 0, offset, timestamp: offset, key: null, headers: [] },
      get value() {
        return read();
      },
    };
  }
}

const search = { from: { kind: 'latest' }, text: 'not there', reveal: true } as const;

test('a long search lets others have their turn, and ends when its client has left', async () => {
  const large = new Topic(5_000);
  const left = new AbortController();
  const asked = large.messages.page(topic, search, left.signal);
  let isOver = false;
  const over = asked.catch((error: unknown) => error).finally(() => (isOver = true));
  let longest = 0;
  for (let turn = 0; turn < 10; turn++) {
    const began = performance.now();
    await setImmediate();
    longest = Math.max(longest, performance.now() - began);
  }
  expect(isOver).toBe(false);
  expect(longest).toBeLessThan(1_000);
  left.abort();
  expect(await over).toMatchObject({ code: 'client-left', status: 499 });
  const { read } = large;
  expect(read).toBeLessThan(5_000);
  await setImmediate();
  expect(large.read).toBe(read);
});

test('a search that takes long answers with what it has looked at, and with where to look next', async () => {
  const large = new Topic(20_000);
  const { messages, scanned, next } = await large.messages.page(topic, search);
  expect(messages).toEqual([]);
  expect(next).not.toBeNull();
  expect(scanned).toBeGreaterThan(0);
  expect(scanned).toBeLessThan(20_000);
}, 30_000);

test('messages are found by whole steps, the newest first, each once', async () => {
  const topicOf12 = new Topic(12, Buffer.from('[16, 17, 18, 19]'));
  const seen: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await topicOf12.messages.page(topic, {
      ...{ from: { kind: 'latest' }, text: '17, 18, 19', reveal: true, limit: 5 },
      ...(cursor !== undefined && { cursor }),
    });
    seen.push(...page.messages.map(({ offset }) => offset));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(seen.map(Number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
});

test('a few topics are read at a time, whatever the number of viewers, and one who leaves makes way', async () => {
  const small = new Topic(5, Buffer.from('{}'));
  const left = new AbortController();
  const pages = Array.from({ length: 12 }, (_, at) =>
    small.messages.page(topic, search, at === 11 ? left.signal : undefined),
  );
  left.abort();
  const ends = await Promise.allSettled(pages);
  expect(ends.slice(0, 11).map(({ status }) => status)).toEqual(Array(11).fill('fulfilled'));
  expect(ends[11]).toMatchObject({ status: 'rejected' });
  expect(small.mostReading).toBe(4);
  expect(small.reading).toBe(0);
});
