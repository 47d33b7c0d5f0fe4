import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KafkaClient } from '../../src/index.ts';
import { deferred, withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { commitOnce, committed, numbered, numbers, send } from '../records.ts';

async function deleteRecordsBefore(kafka: KafkaClient, topic: string, offset: number): Promise<void> {
  const admin = await kafka.admin();
  await admin.deleteRecords(topic, new Map([[0, offset]]));
  await admin.close();
}

describe('records that are deleted before they are read', () => {
  async function prepared(kafka: KafkaClient, topic: string, groupId: string): Promise<void> {
    await send(kafka, topic, numbered(20));
    const reader = await new Reader().start(kafka, { topic, groupId });
    expect(await commitOnce(reader, 5)).toBe('committed');
    await reader.stop();
    await deleteRecordsBefore(kafka, topic, 10);
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
      expect(reader.assignments[0]?.outOfRange).toEqual([{ partition: 0, expected: 5 }]);
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
      await deleteRecordsBefore(kafka, topic, 10);
      gate.resolve();
      await until(() => reader.failures.length > 0);
      await reader.stop();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range' });
      expect(reader.values).toEqual(numbers(5));
    }));

  it('include those of a topic that was recreated', () =>
    withTopic(async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await send(kafka, topic, numbered(20));
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.records.length === 20);
      expect(await reader.commitAll()).toBe('committed');
      const admin = await kafka.admin();
      await admin.deleteTopic(topic);
      await until(async () => !(await admin.topics()).includes(topic));
      // With ZooKeeper the old one is still being deleted when nobody sees it any more.
      await until(() => admin.createTopic({ topic, partitions: 1, replicationFactor: 1 }));
      await send(kafka, topic, numbered(5, 100));
      await until(() => reader.failures.length > 0);
      await reader.stop();
      await admin.close();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range' });
      expect(reader.values).toEqual(numbers(20));
    }));
});
