import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Assignment,
  type ConsumerHandler,
  HybridClock,
  type KafkaClient,
  lastHeader,
  type ProducerRecord,
  type RecordBatch,
  RecordsRefusedError,
  sluiceHeaders,
} from '../../src/index.ts';
import { deferred, withTopic } from '../kafka.ts';

function numbered(count: number, from = 0): ProducerRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`key-${from + i}`),
    value: Buffer.from(`value-${from + i}`),
  }));
}

/** Reads a topic as a new member of `groupId` until `count` records came; commits up to `commitUpTo` records. */
async function read(
  kafka: KafkaClient,
  topic: string,
  groupId: string,
  count: number,
): Promise<{ batches: RecordBatch[]; assignment: Assignment }> {
  const batches: RecordBatch[] = [];
  const done = deferred();
  let assignment: Assignment | undefined;
  let seen = 0;
  const handler: ConsumerHandler = {
    assigned: (given) => (assignment = given),
    batch: (batch) => {
      batches.push(batch);
      seen += batch.records.length;
      if (seen >= count) done.resolve();
      return Promise.resolve();
    },
    failed: (error) => {
      throw error;
    },
  };
  const consumer = await kafka.consumer({ topic, groupId }, handler);
  try {
    await done.promise;
    const next = new Map<number, number>();
    for (const { partition, nextOffset } of batches) next.set(partition, nextOffset);
    const offsets = [...next].map(([partition, offset]) => ({ partition, offset }));
    expect(await consumer.commit(assignment!.epoch, offsets)).toBe('committed');
  } finally {
    await consumer.stop();
  }
  return { batches, assignment: assignment! };
}

describe('records through a real broker', () => {
  it('arrive with key, value, order, headers and strictly increasing write timestamps', () =>
    withTopic(
      async (topic, kafka) => {
        const producer = await kafka.producer({ writeTimestamps: new HybridClock(() => 1_700_000_000_000) });
        const sent = numbered(5_000);
        await producer.send(topic, sent);
        await producer.close();

        const { batches } = await read(kafka, topic, 'g', 5_000);
        const records = batches.flatMap((batch) => batch.records);
        expect(new Set(records.map(({ key }) => key?.toString()))).toEqual(
          new Set(sent.map(({ key }) => key?.toString())),
        );
        const stamps = records
          .map(({ headers }) => Number(lastHeader(headers, sluiceHeaders.writeTimestamp)?.toString()))
          .sort((a, b) => a - b);
        expect(records).toHaveLength(5_000);
        expect(new Set(stamps).size).toBe(5_000);
        expect(stamps[0]).toBe(1_700_000_000_000_000);
        for (const partition of [0, 1, 2]) {
          const numbers = records
            .filter((record) => record.partition === partition)
            .map(({ value }) => Number(value?.toString().slice('value-'.length)));
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          expect(numbers.length).toBeGreaterThan(1_000);
        }
      },
      { partitions: 3 },
    ));

  it('keep null, repeated, binary and oddly named headers in their order', () =>
    withTopic(async (topic, kafka) => {
      const headers = [
        ['b', Buffer.from([0, 255, 128])],
        ['a', null],
        ['b', Buffer.alloc(0)],
        ['__proto__', Buffer.from('x')],
      ] as const;
      const producer = await kafka.producer();
      await producer.send(topic, [{ key: null, value: null, headers, timestamp: 1_600_000_000_123 }]);
      await producer.close();

      const { batches } = await read(kafka, topic, 'g', 1);
      const record = batches[0]!.records[0]!;
      expect(record.headers).toEqual(headers);
      expect(record).toMatchObject({ key: null, value: null, timestamp: 1_600_000_000_123, offset: 0 });
    }));

  it('name the one that the broker refuses and acknowledge the others', () =>
    withTopic(
      async (topic, kafka) => {
        const producer = await kafka.producer();
        const large = { key: Buffer.from('large'), value: Buffer.alloc(30_000) };
        const failure = await producer.send(topic, [...numbered(20), large, ...numbered(20, 20)]).then(
          () => undefined,
          (error: unknown) => error,
        );
        await producer.close();
        expect(failure).toBeInstanceOf(RecordsRefusedError);
        expect((failure as RecordsRefusedError).refused.map(({ record }) => record)).toEqual([large]);

        const { batches } = await read(kafka, topic, 'g', 40);
        expect(batches.flatMap(({ records }) => records.map(({ value }) => value?.toString()))).toEqual(
          numbered(40).map(({ value }) => value?.toString()),
        );
      },
      { config: { 'max.message.bytes': '10000' } },
    ));

  it('for a partition that does not exist are refused at once, and the others acknowledged', () =>
    withTopic(async (topic, kafka) => {
      const producer = await kafka.producer();
      const [first, second] = numbered(2);
      const beyond = { key: null, value: Buffer.from('beyond'), partition: 7 };
      await expect(producer.send(topic, [first!, beyond, second!])).rejects.toMatchObject({
        name: 'RecordsRefusedError',
        code: 'unknown-partition',
        message: expect.stringContaining(`topic ${topic} has no partition 7`),
        refused: [{ record: beyond }],
      });
      await producer.close();
      const { batches } = await read(kafka, topic, 'g', 2);
      expect(batches.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([0, 1]);
    }));

  it('for a topic that does not exist are rejected and hold up neither another topic nor close()', () =>
    withTopic(async (topic, kafka) => {
      const producer = await kafka.producer({ deliveryTimeoutMs: 1_500 });
      const missing = `missing-${randomUUID()}`;
      const records = numbered(3);
      let isRejected = false;
      const rejected = producer.send(missing, records).catch((error: unknown) => {
        isRejected = true;
        return error;
      });
      await producer.send(topic, numbered(2));
      expect(isRejected).toBe(false);
      expect(await rejected).toMatchObject({
        code: 'unknown-topic',
        message: expect.stringContaining(missing),
        unsent: records,
        unknown: [],
      });
      await producer.close();
    }));

  it('are delivered from the committed offset on by the next member of the group', () =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      const producer = await kafka.producer();
      await producer.send(topic, numbered(10));
      await read(kafka, topic, groupId, 10);
      await producer.send(topic, numbered(5, 10));
      await producer.close();

      const { batches, assignment } = await read(kafka, topic, groupId, 5);
      expect(assignment.positions).toEqual(new Map([[0, 10]]));
      expect(batches.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([
        10, 11, 12, 13, 14,
      ]);
    }));
});
