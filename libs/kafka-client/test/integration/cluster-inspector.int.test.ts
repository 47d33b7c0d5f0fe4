import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { numbered, send } from '../records.ts';

it('topics, their offsets and sizes are looked up together', () =>
  withTopic(
    async (topic, kafka) => {
      await send(kafka, topic, [...numbered(10), ...numbered(3, 0, 1)]);
      const admin = await kafka.admin();
      await admin.deleteRecords(topic, new Map([[0, 4]]));
      await admin.close();
      const inspector = await kafka.inspector();
      const [found] = await inspector.topics([topic]);
      expect(found).toMatchObject({ topic, internal: false });
      expect(found!.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
      expect(found!.partitions[0]!.leader).toBeTypeOf('number');
      expect((await inspector.topics()).map((known) => known.topic)).toContain(topic);
      expect((await inspector.begins([found!])).get(topic)).toEqual(
        new Map([
          [0, 4],
          [1, 0],
        ]),
      );
      expect((await inspector.ends([found!])).get(topic)).toEqual(
        new Map([
          [0, 10],
          [1, 3],
        ]),
      );
      expect((await inspector.offsetsAt([found!], Date.now() + 60_000)).get(topic)).toEqual(
        new Map([
          [0, 10],
          [1, 3],
        ]),
      );
      expect((await inspector.offsetsAt([found!], 0)).get(topic)).toEqual(
        new Map([
          [0, 4],
          [1, 0],
        ]),
      );
      expect((await inspector.bytes()).get(topic)!.get(0)).toBeGreaterThan(100);
      await inspector.close();
    },
    { partitions: 2 },
  ));

it('a topic that is not there is named', async () =>
  withTopic(async (_topic, kafka) => {
    const inspector = await kafka.inspector();
    await expect(inspector.topics(['no-such-topic'])).rejects.toMatchObject({
      code: 'unknown-topic',
      message: expect.stringContaining('no-such-topic') as string,
    });
    await inspector.close();
  }));

it('settings tell which of them were set for the topic', () =>
  withTopic(
    async (topic, kafka) => {
      const inspector = await kafka.inspector();
      const settings = await inspector.settings(topic);
      const named = (name: string) => settings.find((setting) => setting.name === name);
      expect(named('retention.ms')).toEqual({ name: 'retention.ms', value: '86400000', own: true });
      expect(named('cleanup.policy')).toEqual({ name: 'cleanup.policy', value: 'delete', own: false });
      await inspector.close();
    },
    { config: { 'retention.ms': '86400000' } },
  ));

it('a group is described with its members and what they have', () =>
  withTopic(
    async (topic, kafka) => {
      const groupId = `g-${randomUUID()}`;
      await send(kafka, topic, numbered(5));
      const inspector = await kafka.inspector();
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.records.length === 5);
      expect(await reader.commitAll()).toBe('committed');
      expect(await inspector.groupIds()).toContain(groupId);
      const [group] = await inspector.groups([groupId]);
      expect(group).toMatchObject({ groupId, state: 'Stable' });
      expect(group!.members.map(({ assignment }) => assignment)).toEqual([[{ topic, partitions: [0, 1] }]]);
      const topicId = (await inspector.topicIds([topic])).get(topic);
      expect(await inspector.committed(groupId)).toMatchObject([{ topic, topicId, partition: 0, offset: 5 }]);
      await reader.stop();
      expect(await inspector.groups([groupId])).toMatchObject([{ state: 'Empty', members: [] }]);
      await inspector.close();
    },
    { partitions: 2 },
  ));
