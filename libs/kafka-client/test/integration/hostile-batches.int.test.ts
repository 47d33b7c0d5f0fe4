import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Compression, type ConsumedRecord, KafkaClient, lastHeader } from '../../src/index.ts';
import { sendBatch, snappyBlock } from '../../src/testing.ts';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { numbered, send } from '../records.ts';

const MiB = 1024 * 1024;
const large = Buffer.alloc(17 * MiB, 'bomb ');
const config = { 'max.message.bytes': String(4 * MiB) };

const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];

/** A client with the least limit. */
function limited(): KafkaClient {
  return new KafkaClient({
    brokers,
    clientId: 'kafka-client-tests',
    maxDecompressedBatchBytes: 16 * MiB,
  });
}

async function consumed(topic: string, end: number): Promise<readonly ConsumedRecord[]> {
  const reader = await new Reader().start(limited(), { topic });
  await until(() => reader.nextOffsets.get(0) === end);
  await reader.stop();
  return reader.records;
}

async function readAll(topic: string, end: number): Promise<readonly ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  const ranges = new Map([[0, { from: 0, to: end }]]);
  for await (const batch of limited().read({ topic, ranges })) records.push(...batch.records);
  return records;
}

const described = (records: readonly ConsumedRecord[]) =>
  records.map(({ offset, unreadable }) => [offset, unreadable?.code]);

describe.each<Compression>(['gzip', 'snappy', 'lz4', 'zstd'])(
  'a record above the limit in %s',
  (compression) => {
    it('is read shortened, by a consumer and by a topic reader, and what is beside it as it is', () =>
      withTopic(
        async (topic, kafka) => {
          await send(kafka, topic, numbered(2));
          const producer = await kafka.producer({ compression, maxRequestBytes: 64 * MiB });
          await producer.send(topic, [
            { key: Buffer.from('in the same batch'), value: Buffer.from('x'), partition: 0 },
            { key: Buffer.from('bomb'), value: large, partition: 0 },
            { key: Buffer.from('in the same batch'), value: Buffer.from('y'), partition: 0 },
          ]);
          await producer.close();
          await send(kafka, topic, numbered(2, 2));
          for (const records of [await consumed(topic, 7), await readAll(topic, 7)]) {
            expect(described(records)).toEqual(
              [0, 1, 2, 3, 4, 5, 6].map((i) => [i, i === 3 ? 'record-too-large' : undefined]),
            );
            const { key, value, headers } = records[3] as ConsumedRecord;
            expect([String(key), value?.equals(large.subarray(0, 1_024))]).toEqual(['bomb', true]);
            expect(String(lastHeader(headers, 'dlq.value.length'))).toBe(String(large.length));
            expect(String(lastHeader(headers, 'dlq.value.sha256'))).toBe(
              createHash('sha256').update(large).digest('hex'),
            );
            expect(String(records[4]?.value)).toBe('y');
          }
        },
        { config },
      ));
  },
);

it('a batch in one block of Snappy above the limit is one range, and what comes after it is read', () =>
  withTopic(
    async (topic, kafka) => {
      await send(kafka, topic, numbered(1));
      const value = large.subarray(0, 6 * MiB);
      await sendBatch({
        ...{ brokers, topic, partition: 0, records: [{ value }, { value }, { value }] },
        ...{ compression: 'snappy', compress: snappyBlock },
      });
      await send(kafka, topic, numbered(1));
      for (const records of [await consumed(topic, 5), await readAll(topic, 5)]) {
        expect(described(records)).toEqual([
          [0, undefined],
          [1, 'batch-too-large'],
          [4, undefined],
        ]);
        expect(records[1]?.unreadable).toMatchObject({ lastOffset: 3, count: 3 });
      }
    },
    { config },
  ));
