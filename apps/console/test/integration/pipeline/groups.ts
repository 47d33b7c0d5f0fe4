import { expect, test } from 'vitest';
import type { ErrorBody } from '../../../src/contract/common.ts';
import { confirm, first, fixture, topicParams } from './world.ts';

test('a record is followed to its row, or to its dead letter', async () => {
  const trace = async (partition: number, offset: string) =>
    (
      await fixture.call('POST /api/topics/:topic/trace', {
        params: topicParams(),
        body: { partition, offset },
      })
    ).body;
  const row = await trace(0, '0');
  expect(row).toMatchObject({ outcome: 'row', uuid: first, letter: null });
  expect(row.rowWriteTimestamp).toBe(row.writeTimestamp);
  expect(row.steps.every(({ done }) => done)).toBe(true);
  const letter = await trace(0, '1');
  expect(letter.outcome).toBe('dead-letter');
  expect(letter.letter).toMatchObject({ stage: 'decode' });
  expect(letter.explanation).not.toContain('no number');
});

test('a group is shown with its lag, and is reset only while nobody runs and to what was seen', async () => {
  const params = { group: fixture.config.KAFKA_GROUP_ID };
  const { body: group } = await fixture.call('GET /api/groups/:group', { params });
  expect(group.summary).toMatchObject({ state: 'Empty', members: 0, lag: 0, role: 'writer' });
  expect(group.partitions.map(({ committed, end }) => [committed, end])).toEqual([
    ['3', '3'],
    ['1', '1'],
  ]);
  expect((await fixture.call('GET /api/groups')).body.groups.map((found) => found.group)).toContain(
    params.group,
  );
  expect((await fixture.call('GET /api/groups/:group', { params: { group: 'no-such-group' } })).status).toBe(
    404,
  );

  const request = { topic: fixture.config.KAFKA_TOPIC, to: { kind: 'earliest' as const } };
  const preview = await fixture.call('POST /api/groups/:group/reset/preview', { params, body: request });
  expect(preview.body).toMatchObject({ rereads: 4, skips: 0, blocked: null, applied: false });
  const expected = preview.body.partitions.map(({ partition, committed, to }) => ({
    partition,
    committed,
    to,
  }));

  const stale = expected.map((seen) => ({ ...seen, committed: '0' }));
  const refused = await fixture.call(
    'POST /api/groups/:group/reset',
    { params, body: { ...request, expected: stale, confirm } },
    'operator',
  );
  expect(refused.status).toBe(409);
  expect((refused.body as unknown as ErrorBody).error.code).toBe('group-moved');

  const applied = await fixture.call(
    'POST /api/groups/:group/reset',
    { params, body: { ...request, expected, confirm } },
    'operator',
  );
  expect(applied.body).toMatchObject({ applied: true, rereads: 4 });
  const behind = await fixture.call('GET /api/groups/:group', { params });
  expect(behind.body.summary.lag).toBe(4);
  expect(behind.body.timeLagMs).toBeGreaterThan(0);
  await fixture.drain();
});

test('a reset of a group that runs is refused', async () => {
  const params = { group: fixture.config.KAFKA_GROUP_ID };
  const topic = fixture.config.KAFKA_TOPIC;
  let gotOne: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => (gotOne = resolve));
  const consumer = await fixture.kafka.consumer(
    { topic, groupId: params.group },
    {
      assigned: () => {
        gotOne();
      },
      batch: () => Promise.resolve(),
      failed: () => undefined,
    },
  );
  try {
    await joined;
    const request = { topic, to: { kind: 'latest' as const } };
    const preview = await fixture.call('POST /api/groups/:group/reset/preview', { params, body: request });
    expect(preview.body.blocked).toContain('Stop it first');
    const expected = preview.body.partitions.map(({ partition, committed, to }) => ({
      partition,
      committed,
      to,
    }));
    const refused = await fixture.call(
      'POST /api/groups/:group/reset',
      { params, body: { ...request, expected, confirm } },
      'operator',
    );
    expect(refused.status).toBe(409);
    expect((refused.body as unknown as ErrorBody).error.code).toBe('group-active');
  } finally {
    await consumer.stop();
  }
});
