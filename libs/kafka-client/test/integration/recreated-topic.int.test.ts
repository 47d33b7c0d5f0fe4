import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KafkaAdmin, KafkaClient, OutOfRangePolicy } from '../../src/index.ts';
import { deferred, withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { committed, numbered, numbers, send } from '../records.ts';

/** A group that has committed offset 10 of 20, with the timestamp of the record before it, or with another one. */
async function groupAt10(kafka: KafkaClient, topic: string, { timestampOff = 0 } = {}): Promise<string> {
  const groupId = `g-${randomUUID()}`;
  await send(kafka, topic, numbered(20));
  const reader = await new Reader().start(kafka, { topic, groupId });
  await until(() => reader.records.length === 20);
  const lastTimestamp = reader.records[9]!.timestamp + timestampOff;
  const outcome = await reader.consumer.commit(reader.assignment!.epoch, [
    { partition: 0, offset: 10, lastTimestamp },
  ]);
  expect(outcome).toBe('committed');
  await reader.stop();
  return groupId;
}

describe('a committed offset', () => {
  it('is resumed where the record before it is still the same, which is not handed over again', () =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic);
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.values.length === 10);
      expect(reader.consumer.verified).toBe(true);
      await reader.stop();
      expect(reader.assignment?.positions).toEqual(new Map([[0, 10]]));
      expect(reader.values).toEqual(numbers(10, 10));
    }));

  it('of a topic with another record before it ends the consumer, and nothing is handed over or committed', () =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic, { timestampOff: -1 });
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.failures.length > 0);
      expect(reader.consumer.verified).toBe(false);
      await reader.stop();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range', retryable: false });
      expect(reader.batches).toEqual([]);
      expect(await committed(kafka, groupId, topic)).toEqual([10]);
    }));

  it.each([
    ['earliest', numbers(20)],
    ['latest', []],
  ] as const)('of such a topic is left for another by the policy %s', (outOfRange, old) =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic, { timestampOff: -1 });
      const reader = await new Reader().start(kafka, { topic, groupId, outOfRange });
      await until(() => reader.consumer.verified && reader.assignments.length > 1);
      await send(kafka, topic, numbered(1, 20));
      await until(() => reader.values.at(-1) === '20');
      expect(await reader.commitAll()).toBe('committed');
      await reader.stop();
      expect(reader.values).toEqual([...old, '20']);
      expect(reader.failures).toEqual([]);
    }),
  );
});

async function recreated(admin: KafkaAdmin, topic: string): Promise<void> {
  await admin.deleteTopic(topic);
  await until(async () => !(await admin.topics()).includes(topic));
  // With ZooKeeper the old one is still being deleted when nobody sees it any more.
  await until(() => admin.createTopic({ topic, partitions: 1, replicationFactor: 1 }));
}

/** A reader that has read and committed 20 records, and does not fetch any more until it is let. */
async function held(
  kafka: KafkaClient,
  topic: string,
  options: { readonly groupId?: string; readonly outOfRange?: OutOfRangePolicy; metadataMaxAgeMs?: number },
) {
  await send(kafka, topic, numbered(20));
  const reader = new Reader();
  const gate = deferred();
  reader.onBatch = () => (reader.records.length < 20 ? Promise.resolve() : gate.promise);
  await reader.start(kafka, { topic, ...options });
  await until(() => reader.records.length === 20);
  expect(await reader.commitAll()).toBe('committed');
  return { reader, release: gate.resolve };
}

describe('a topic that is deleted and recreated', () => {
  it('has another id, which offsets of the earlier one were not committed in', () =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      const admin = await kafka.admin();
      const before = await admin.topicId(topic);
      expect(before).toMatch(/^[\w-]{22}$/);
      const { reader, release } = await held(kafka, topic, { groupId });
      expect(reader.assignment?.topicId).toBe(before);
      expect(reader.records.every(({ topicId }) => topicId === before)).toBe(true);
      expect(await admin.lag(groupId, topic)).toMatchObject([{ committed: 20, lag: 0, topicId: before }]);

      await recreated(admin, topic);
      await send(kafka, topic, numbered(25, 100));
      // what was in flight when the topic was deleted; the brokers take it for the topic as it is now
      expect(await reader.commitAll()).toBe('committed');
      const stopped = reader.stop();
      release();
      await stopped;
      const topicId = await admin.topicId(topic);
      expect(topicId).not.toBe(before);
      expect(await admin.lag(groupId, topic)).toMatchObject([
        { end: 25, committed: null, lag: 25, topicId, former: { offset: 20, topicId: before } },
      ]);
      const second = await new Reader().start(kafka, { topic, groupId });
      await until(() => second.failures.length > 0);
      await second.stop();
      expect(second.failures[0]).toMatchObject({ code: 'offset-out-of-range', retryable: false });
      expect(second.failures[0]!.message).toContain('deleted and recreated');
      expect(second.batches).toEqual([]);

      const third = await new Reader().start(kafka, { topic, groupId, outOfRange: 'earliest' });
      await until(() => third.records.length === 25);
      expect(await third.commitAll()).toBe('committed');
      await third.stop();
      expect(await admin.lag(groupId, topic)).toMatchObject([{ committed: 25, lag: 0, topicId }]);
      await admin.close();
    }));

  it('under a consumer that had read everything, and as long again before the next fetch, ends the consumer', () =>
    withTopic(async (topic, kafka) => {
      const admin = await kafka.admin();
      const { reader, release } = await held(kafka, topic, { metadataMaxAgeMs: 200 });
      await recreated(admin, topic);
      await send(kafka, topic, numbered(20, 100));
      release();
      await until(() => reader.failures.length > 0);
      await reader.stop();
      await admin.close();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range' });
      expect(reader.values).toEqual(numbers(20));
    }));

  it('under such a consumer is read from its first record by the policy earliest', () =>
    withTopic(async (topic, kafka) => {
      const admin = await kafka.admin();
      const { reader, release } = await held(kafka, topic, { outOfRange: 'earliest', metadataMaxAgeMs: 200 });
      await recreated(admin, topic);
      await send(kafka, topic, numbered(20, 100));
      release();
      await until(() => reader.records.length === 40);
      const { topicId, outOfRange } = reader.assignment!;
      expect(outOfRange).toEqual([{ partition: 0, expected: 20 }]);
      expect(topicId).toBe(await admin.topicId(topic));
      expect(reader.records.at(-1)!.topicId).toBe(topicId);
      expect(await reader.commitAll()).toBe('committed');
      await reader.stop();
      await admin.close();
      expect(reader.values.slice(20)).toEqual(numbers(20, 100));
      expect(reader.failures).toEqual([]);
    }));

  it('under a consumer that waits for more records is noticed by its fetch, whatever the age of its metadata', () =>
    withTopic(async (topic, kafka) => {
      const admin = await kafka.admin();
      await send(kafka, topic, numbered(20));
      const reader = await new Reader().start(kafka, { topic, outOfRange: 'earliest' });
      await until(() => reader.records.length === 20);
      expect(await reader.commitAll()).toBe('committed');
      await recreated(admin, topic);
      await send(kafka, topic, numbered(40, 100));
      await until(() => reader.values.at(-1) === '139');
      await reader.stop();
      await admin.close();
      expect(reader.values.slice(20)).toEqual(numbers(40, 100));
    }));
});
