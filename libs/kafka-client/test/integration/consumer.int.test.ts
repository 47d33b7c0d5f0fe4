import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as KafkaJs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { KafkaClient, ProducerRecord, RecordProducer } from '../../src/index.ts';
import { deferred, withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';

function numbered(count: number, from = 0, partition = 0): ProducerRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`k${from + i}`),
    value: Buffer.from(`${from + i}`),
    partition,
  }));
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i));

async function send(kafka: KafkaClient, topic: string, records: readonly ProducerRecord[]): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(topic, records);
  await producer.close();
}

/** kafkajs itself, for what this library does not offer: transactions, and deleting records. */
function kafkaJs(): KafkaJs.Kafka {
  const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof KafkaJs;
  return new Kafka({
    brokers: process.env.KAFKA_BROKERS?.split(',') ?? [],
    clientId: 'kafka-client-tests',
    logLevel: logLevel.NOTHING,
  });
}

async function withTransactions(
  test: (producer: KafkaJs.Producer) => Promise<void>,
  kafka = kafkaJs(),
): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `tx-${randomUUID()}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    await test(producer);
  } finally {
    await producer.disconnect();
  }
}

async function deleteRecordsBefore(topic: string, offset: number): Promise<void> {
  const admin = kafkaJs().admin();
  await admin.connect();
  await admin.fetchTopicOffsets(topic); // deleting needs the leaders to be known
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  await admin.disconnect();
}

async function committed(kafka: KafkaClient, groupId: string, topic: string): Promise<(number | null)[]> {
  const admin = await kafka.admin();
  const offsets = await admin.committedOffsets(groupId, topic);
  await admin.close();
  return offsets.map(({ offset }) => offset);
}

describe('transactions', () => {
  it('of which nothing is left to read do not hold the position back', () =>
    withTopic(async (topic, kafka) => {
      const reader = await new Reader().start(kafka, { topic });
      await withTransactions(async (producer) => {
        const aborted = await producer.transaction();
        await aborted.send({ topic, messages: [{ value: 'aborted' }, { value: 'aborted too' }] });
        await aborted.abort();
      });
      // two aborted records and the marker of the abort
      await until(() => reader.nextOffsets.get(0) === 3);
      expect(reader.records).toEqual([]);
      expect(await reader.commitAll()).toBe('committed');
      await send(kafka, topic, numbered(2));
      await until(() => reader.records.length === 2);
      await reader.stop();
      expect(reader.records.map(({ offset }) => offset)).toEqual([3, 4]);
    }));

  it('end with a marker that the position passes', () =>
    withTopic(async (topic, kafka) => {
      await withTransactions(async (producer) => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: 'kept' }] });
        await transaction.commit();
      });
      const reader = await new Reader().start(kafka, { topic });
      await until(() => reader.nextOffsets.get(0) === 2);
      await reader.stop();
      expect(reader.values).toEqual(['kept']);
    }));

  it('that are aborted are never delivered, from wherever the reading begins and whatever their keys are', () =>
    withTopic(async (topic, kafka) => {
      const looksLikeAMarker = Buffer.alloc(4);
      await withTransactions((one) =>
        withTransactions(async (two) => {
          const [first, second] = [await one.transaction(), await two.transaction()];
          await first.send({ topic, messages: [{ value: 'a', key: looksLikeAMarker }, { value: 'a' }] });
          await second.send({ topic, messages: [{ value: 'b' }] });
          await second.send({ topic, messages: [{ value: 'b' }] });
          await first.send({ topic, messages: [{ value: 'a' }] });
          await first.abort();
          await second.abort();
        }),
      );
      await send(kafka, topic, numbered(1));
      for (const from of [0, 3, 4]) {
        const groupId = `g-${randomUUID()}`;
        const earlier = await new Reader().start(kafka, { topic, groupId });
        await until(() => earlier.assignments.length === 1);
        expect(await commitOnce(earlier, from)).toBe('committed');
        await earlier.stop();
        const reader = await new Reader().start(kafka, { topic, groupId });
        await until(() => reader.nextOffsets.get(0) === 8);
        await reader.stop();
        expect(reader.assignment?.positions).toEqual(new Map([[0, from]]));
        expect(reader.values).toEqual(['0']);
      }
    }));
});

/** Commits one offset of partition 0, as soon as a commit is possible. */
async function commitOnce(reader: Reader, offset: number): Promise<string> {
  await until(() => reader.batches.length > 0);
  return reader.consumer.commit(reader.assignment!.epoch, [{ partition: 0, offset }]);
}

describe('records that are deleted before they are read', () => {
  async function prepared(kafka: KafkaClient, topic: string, groupId: string): Promise<void> {
    await send(kafka, topic, numbered(20));
    const reader = await new Reader().start(kafka, { topic, groupId });
    expect(await commitOnce(reader, 5)).toBe('committed');
    await reader.stop();
    await deleteRecordsBefore(topic, 10);
  }

  it('end the consumer with an error that says where, and nothing is committed', () =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await prepared(kafka, topic, groupId);
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.failures.length > 0);
      await reader.stop();
      const [failure] = reader.failures;
      expect(failure).toMatchObject({ code: 'offset-out-of-range', retryable: false });
      for (const part of [`${topic}[0]`, groupId, 'offset 5 ', '10 to 20'])
        expect(failure!.message).toContain(part);
      expect(reader.batches).toEqual([]);
      expect(await committed(kafka, groupId, topic)).toEqual([5]);
    }));

  it.each([
    ['earliest', numbers(10, 10)],
    ['latest', []],
  ] as const)('are passed over by the policy %s', (outOfRange, old) =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await prepared(kafka, topic, groupId);
      const reader = await new Reader().start(kafka, { topic, groupId, outOfRange });
      await until(() => reader.assignments.length > 0);
      await send(kafka, topic, numbered(3, 20));
      await until(() => reader.values.at(-1) === '22');
      await reader.stop();
      expect(reader.values).toEqual([...old, ...numbers(3, 20)]);
      expect(reader.failures).toEqual([]);
    }),
  );

  it('are noticed while consuming, before the first commit too', () =>
    withTopic(async (topic, kafka) => {
      const reader = new Reader();
      const gate = deferred();
      reader.onBatch = () => gate.promise;
      await send(kafka, topic, numbered(5));
      await reader.start(kafka, { topic });
      await until(() => reader.records.length === 5);
      await send(kafka, topic, numbered(15, 5));
      await deleteRecordsBefore(topic, 10);
      gate.resolve();
      await until(() => reader.failures.length > 0);
      await reader.stop();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range' });
      expect(reader.values).toEqual(numbers(5));
    }));

  it('include those of a topic that was made anew', () =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await send(kafka, topic, numbered(20));
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.records.length === 20);
      expect(await reader.commitAll()).toBe('committed');
      const admin = await kafka.admin();
      await admin.deleteTopic(topic);
      await until(async () => !(await admin.topics()).includes(topic));
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
      await send(kafka, topic, numbered(5, 100));
      await until(() => reader.failures.length > 0);
      await reader.stop();
      await admin.close();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range' });
      expect(reader.values).toEqual(numbers(20));
    }));
});

describe('a rebalance', () => {
  it('ends the epoch: what an older one commits is lost and changes nothing', () =>
    withTopic(
      async (topic, kafka) => {
        const groupId = `g-${randomUUID()}`;
        await send(kafka, topic, [...numbered(5), ...numbered(5, 0, 1)]);
        const first = await new Reader().start(kafka, { topic, groupId });
        await until(() => first.records.length === 10);
        const oldEpoch = first.assignment!.epoch;
        const second = await new Reader().start(kafka, { topic, groupId });
        await until(() => first.assignments.length === 2 && second.assignments.length === 1);
        expect(await first.commitAll(oldEpoch)).toBe('lost');
        expect(await committed(kafka, groupId, topic)).toEqual([null, null]);
        await second.stop();
        await first.stop();
      },
      { partitions: 2 },
    ));

  it('leaves no gap: what a member is handed goes on at the position of its epoch', () =>
    withTopic(
      async (topic, kafka) => {
        const groupId = `g-${randomUUID()}`;
        const load = startLoad(await kafka.producer(), topic, [0, 1, 2, 3]);
        const readers: Reader[] = [];
        const join = async () => {
          const reader = new Reader();
          reader.onBatch = async (_, epoch) => {
            await reader.commitAll(epoch);
          };
          readers.push(reader);
          return reader.start(kafka, {
            topic,
            groupId,
            maxBytesPerPartition: 1_000,
            sessionTimeoutMs: 6_000,
          });
        };
        const stays = await join();
        for (let i = 0; i < 3; i += 1) {
          const guest = await join();
          await until(() => guest.batches.length > 3);
          await guest.stop();
        }
        const perPartition = await load.stop();
        await until(async () =>
          (await committed(kafka, groupId, topic)).every((offset) => offset === perPartition),
        );
        await stays.stop();

        for (const reader of readers) expect(gaps(reader)).toEqual([]);
        expect(stays.assignments.length).toBeGreaterThan(3);
        for (const partition of [0, 1, 2, 3]) {
          const seen = readers.flatMap(({ records }) =>
            records.filter((record) => record.partition === partition),
          );
          expect(new Set(seen.map(({ offset }) => offset)).size).toBe(perPartition);
        }
      },
      { partitions: 4 },
    ));
});

/** Sends 10 records to each partition again and again; stopping tells how many each has. */
function startLoad(producer: RecordProducer, topic: string, partitions: readonly number[]) {
  let perPartition = 0;
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      await producer.send(
        topic,
        partitions.flatMap((partition) => numbered(10, perPartition, partition)),
      );
      perPartition += 10;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await producer.close();
  })();
  return {
    stop: async () => {
      stopped = true;
      await work;
      return perPartition;
    },
  };
}

/** Batches that do not begin where the one before them, or the assignment, left off. */
function gaps(reader: Reader): string[] {
  return reader.assignments.flatMap(({ epoch, positions }) => {
    const next = new Map(positions);
    return reader.batches
      .filter((entry) => entry.epoch === epoch)
      .flatMap(({ batch }) => {
        const expected = next.get(batch.partition);
        next.set(batch.partition, batch.nextOffset);
        const begins = batch.records[0]?.offset;
        return begins === undefined || begins === expected
          ? []
          : [`epoch ${epoch} [${batch.partition}]: ${begins} instead of ${expected}`];
      });
  });
}

it('a handler that takes longer than the session keeps its partitions', () =>
  withTopic(async (topic, kafka) => {
    const groupId = `g-${randomUUID()}`;
    await send(kafka, topic, numbered(1));
    const reader = new Reader();
    const gate = deferred();
    reader.onBatch = () => gate.promise;
    await reader.start(kafka, { topic, groupId, sessionTimeoutMs: 6_000 });
    await until(() => reader.batches.length === 1);
    const begun = performance.now();
    await until(() => performance.now() - begun > 8_000);
    const admin = await kafka.admin();
    expect(await admin.group(groupId)).toEqual({ state: 'Stable', members: 1 });
    await admin.close();
    gate.resolve();
    expect(await reader.commitAll()).toBe('committed');
    await reader.stop();
    expect(reader.assignments).toHaveLength(1);
  }));
