import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Compression, KafkaClient, ProducerRecord } from '../../src/index.ts';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

async function send(
  kafka: KafkaClient,
  topic: string,
  records: readonly ProducerRecord[],
  compression: Compression = 'none',
): Promise<void> {
  const producer = await kafka.producer({ compression });
  await producer.send(topic, records);
  await producer.close();
}

/** Half text that compresses, half noise that does not. */
function sample(bytes: number): Buffer {
  const half = Math.floor(bytes / 2);
  return Buffer.concat([randomBytes(half), Buffer.alloc(bytes - half, 'a user, and another one; ')]);
}

const digest = (bytes: Buffer | null) =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');

async function expectIn(
  kafka: KafkaClient,
  topic: string,
  records: readonly ProducerRecord[],
  maxBytesPerPartition?: number,
): Promise<void> {
  const reader = await new Reader().start(kafka, {
    topic,
    ...(maxBytesPerPartition === undefined ? {} : { maxBytesPerPartition }),
  });
  await until(() => reader.records.length >= records.length);
  await reader.stop();
  expect(reader.records.map(({ value }) => digest(value))).toEqual(records.map(({ value }) => digest(value)));
}

function samples(...sizes: readonly number[]): ProducerRecord[] {
  return sizes.map((size, i) => ({ key: Buffer.from(`k${i}`), value: sample(size) }));
}

const sizes = [0, 1, 100, 32 * KiB - 1, 32 * KiB, 70 * KiB, 300 * KiB];
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

describe.each(codecs)('%s', (codec) => {
  it('is read by the broker as we write it', () =>
    withTopic(
      async (topic, kafka) => {
        // The broker takes these batches apart and writes them anew without compression.
        const records = samples(...sizes);
        await send(kafka, topic, records, codec);
        await expectIn(kafka, topic, records);
      },
      { config: { 'compression.type': 'uncompressed' } },
    ));

  it('is read by us as the broker writes it', () =>
    withTopic(
      async (topic, kafka) => {
        const records = samples(...sizes);
        await send(kafka, topic, records);
        await expectIn(kafka, topic, records);
      },
      { config: { 'compression.type': codec } },
    ));

  it('goes through the topic as it is', () =>
    withTopic(async (topic, kafka) => {
      const records = samples(...sizes);
      await send(kafka, topic, records, codec);
      await expectIn(kafka, topic, records);
    }));
});

it('a batch of very many records that compress to little is read', () =>
  withTopic(
    async (topic, kafka) => {
      const count = 150_000;
      const producer = await kafka.producer({
        compression: 'zstd',
        maxRequestRecords: count,
        maxRequestBytes: 16 * MiB,
      });
      await producer.send(
        topic,
        Array.from({ length: count }, () => ({ key: null, value: Buffer.from('x'), partition: 0 })),
      );
      await producer.close();
      const reader = await new Reader().start(kafka, { topic });
      await until(() => reader.nextOffsets.get(0) === count);
      await reader.stop();
      expect(reader.records).toHaveLength(count);
    },
    { config: { 'max.message.bytes': String(16 * MiB) } },
  ));

describe('sizes', () => {
  it('a record of 900 KB passes, however little a fetch asks for', () =>
    withTopic(async (topic, kafka) => {
      const records = samples(10, 900_000, 20);
      await send(kafka, topic, records);
      await expectIn(kafka, topic, records, 1_000);
    }));

  it('records of 5 MB pass where the topic allows them, in every codec', () =>
    withTopic(
      async (topic, kafka) => {
        const records: ProducerRecord[] = [];
        for (const codec of ['none', ...codecs] as const) {
          const some = samples(5 * MiB, 10);
          await send(kafka, topic, some, codec);
          records.push(...some);
        }
        await expectIn(kafka, topic, records);
      },
      { config: { 'max.message.bytes': String(6 * MiB) } },
    ));

  it('records around the size of a request all arrive, in order', () =>
    withTopic(async (topic, kafka) => {
      const limit = 512 * KiB;
      const records = samples(
        limit - 2,
        limit - 1,
        limit,
        limit + 1,
        1,
        limit / 2,
        limit / 2,
        limit / 2 + 1,
        2,
      );
      await send(kafka, topic, records);
      await expectIn(kafka, topic, records);
    }));

  it('20,000 records at once keep the order of each key', () =>
    withTopic(
      async (topic, kafka) => {
        const records = Array.from({ length: 20_000 }, (_, i) => ({
          key: Buffer.from(`k${i % 97}`),
          value: Buffer.from(String(i)),
        }));
        await send(kafka, topic, records);
        const reader = await new Reader().start(kafka, { topic });
        await until(() => reader.records.length >= records.length);
        await reader.stop();
        const last = new Map<string, number>();
        for (const { key, value } of reader.records) {
          expect(Number(value)).toBeGreaterThan(last.get(String(key)) ?? -1);
          last.set(String(key), Number(value));
        }
        expect(reader.records).toHaveLength(20_000);
        expect(last.size).toBe(97);
      },
      { partitions: 3 },
    ));
});
