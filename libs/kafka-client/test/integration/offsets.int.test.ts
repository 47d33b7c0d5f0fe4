import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { committed, numbered, numbers, send } from '../records.ts';

it('offsets are looked up by time: the first record from then on, else the end', () =>
  withTopic(
    async (topic, kafka) => {
      const at = (timestamp: number, partition: number) => ({ ...numbered(1, 0, partition)[0]!, timestamp });
      await send(kafka, topic, [at(1_000, 0), at(2_000, 0), at(3_000, 0), at(1_500, 1)]);
      const admin = await kafka.admin();
      const offsetsAt = async (timestamp: number) =>
        (await admin.offsetsAt(topic, timestamp)).map(({ offset }) => offset);
      expect(await offsetsAt(0)).toEqual([0, 0]);
      expect(await offsetsAt(1_500)).toEqual([1, 0]);
      expect(await offsetsAt(2_001)).toEqual([2, 1]);
      expect(await offsetsAt(9_999)).toEqual([3, 1]);
      await admin.close();
    },
    { partitions: 2, config: { 'message.timestamp.before.max.ms': '9223372036854775807' } },
  ));

it('a group that has no members begins at the offsets that were set, and keeps the others', () =>
  withTopic(
    async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await send(kafka, topic, [...numbered(10), ...numbered(10, 0, 1)]);
      const admin = await kafka.admin();
      await admin.setOffsets(groupId, topic, [
        { partition: 0, offset: 4 },
        { partition: 1, offset: 10, lastTimestamp: 17 },
      ]);
      await admin.setOffsets(groupId, topic, [{ partition: 0, offset: 7 }]);
      const topicId = await admin.topicId(topic);
      expect(await admin.committedOffsets(groupId, topic)).toEqual([
        { partition: 0, offset: 7, topicId },
        { partition: 1, offset: 10, lastTimestamp: 17, topicId },
      ]);
      await admin.setOffsets(groupId, topic, [{ partition: 1, offset: 10 }]);
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.records.length === 3);
      await reader.stop();
      expect(reader.values).toEqual(numbers(3, 7));
      expect(reader.failures).toEqual([]);
      await admin.close();
    },
    { partitions: 2 },
  ));

it('the offsets of a group with members stay as they are', () =>
  withTopic(async (topic, kafka) => {
    const groupId = `g-${randomUUID()}`;
    await send(kafka, topic, numbered(10));
    const reader = await new Reader().start(kafka, { topic, groupId });
    await until(() => reader.records.length === 10);
    expect(await reader.commitAll()).toBe('committed');
    const admin = await kafka.admin();
    const error = {
      code: 'group-active',
      retryable: false,
      message: expect.stringMatching(/1 member\(s\): kafka-client-tests at [\d.]+/) as string,
    };
    await expect(admin.setOffsets(groupId, topic, [{ partition: 0, offset: 0 }])).rejects.toMatchObject(
      error,
    );
    expect(await committed(kafka, groupId, topic)).toEqual([10]);
    await reader.stop();
    await admin.close();
  }));
