import { randomUUID } from 'node:crypto';
import type { Assigner, Consumer } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RecordProducer } from '../../src/index.ts';
import { kafkaJs } from '../../src/kafkajs-patches.ts';
import { deferred, withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { committed, numbered, send } from '../records.ts';

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

describe('a member of another program in the group is named and waited for', () => {
  /** A consumer of somebody else, which has joined. */
  async function stranger(groupId: string, topic: string, assigner?: string): Promise<Consumer> {
    const { Kafka, logLevel, PartitionAssigners } = kafkaJs();
    const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];
    const other: typeof PartitionAssigners.roundRobin = (config): Assigner => {
      const own = PartitionAssigners.roundRobin(config);
      const name = assigner ?? own.name;
      return { ...own, name, protocol: (subscription) => ({ ...own.protocol(subscription), name }) };
    };
    const consumer = new Kafka({ brokers, clientId: 'stranger', logLevel: logLevel.NOTHING }).consumer({
      groupId,
      partitionAssigners: [other],
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
    });
    onTestFinished(() => consumer.disconnect());
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => {
        resolve();
      });
    });
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await joined;
    return consumer;
  }

  it.each([
    ['that has another protocol', 'range', /stranger at .*\(protocol: range\)/],
    ['that reads another topic', undefined, /stranger at .*\(topics: t-.*\)/],
  ])('one %s', (_what, assigner, named) =>
    withTopic((topic, kafka) =>
      withTopic(async (elsewhere) => {
        const groupId = `g-${randomUUID()}`;
        await send(kafka, topic, numbered(5));
        const other = await stranger(groupId, assigner === undefined ? elsewhere : topic, assigner);
        const reader = await new Reader().start(kafka, { topic, groupId, sessionTimeoutMs: 6_000 });
        await until(() => reader.interruptions.length > 0);
        expect(reader.interruptions[0]).toMatchObject({
          code: 'foreign-member',
          retryable: true,
          message: expect.stringMatching(named),
        });
        expect(reader.interruptions[0]?.message).toContain(`group ${groupId}`);
        await other.disconnect();
        await until(() => reader.assignment?.positions.size === 1 && reader.records.length >= 5);
        expect(reader.failures).toEqual([]);
        await reader.stop();
      }),
    ),
  );
});
