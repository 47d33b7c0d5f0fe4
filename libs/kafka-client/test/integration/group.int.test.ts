import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RecordProducer } from '../../src/index.ts';
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
