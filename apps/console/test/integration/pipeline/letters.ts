import { deadLetterHeaders } from '@sluice/kafka-client';
import { expect, test, vi } from 'vitest';
import type { ErrorBody } from '../../../src/contract/common.ts';
import { confirm, ended, fixture, third, topicParams } from './world.ts';

test('dead letters are grouped, searched and shown beside their schema', async () => {
  const { body } = await fixture.call('GET /api/dead-letters');
  expect(body).toMatchObject({ complete: true, running: null });
  expect(body.groups.reduce((sum, { letters }) => sum + letters, 0)).toBe(body.letters);
  const counted = Object.values(body.overTime.values)
    .flat()
    .reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(body.letters);
  const found = await fixture.call('POST /api/dead-letters/search', {
    body: { key: third, stages: ['decode'] },
  });
  const [summary] = found.body.letters;
  expect(summary!.source).toMatchObject({ topic: fixture.config.KAFKA_TOPIC, partition: 0, offset: '1' });
  const { partition, offset } = summary!;
  const letter = await fixture.call('POST /api/dead-letters/letter', { body: { partition, offset } });
  expect(letter.body.summary).toEqual(summary);
  expect(letter.body.message.value.text).toContain('<b>no number</b>');
  expect(letter.body.message.headers.map(({ name }) => name)).toContain(deadLetterHeaders.errorCode);
  expect(JSON.parse(letter.body.schema.avsc)).toMatchObject({ type: 'record' });
});

test('a letter is redriven once, after a dry run, and two operators do not double it', async () => {
  const { body } = await fixture.call('POST /api/dead-letters/search', { body: { key: third } });
  const letters = body.letters.slice(0, 1).map(({ partition, offset }) => ({ partition, offset }));
  const start = (request: object) =>
    fixture.call(
      'POST /api/dead-letters/redrive',
      { body: { letters, confirm, ...request } as never },
      'operator',
    );
  const end = async () => {
    const { body: topic } = await fixture.call('GET /api/topics/:topic', { params: topicParams() });
    return topic.partitions.reduce((sum, found) => sum + Number(found.end), 0);
  };
  const before = await end();
  const dry = await start({ dryRun: true });
  expect(dry.status).toBe(200);
  expect(await ended(dry.body.id)).toMatchObject({
    state: 'done',
    dryRun: true,
    redrive: { selected: 1, sent: 0 },
  });
  expect(await end()).toBe(before);

  const both = await Promise.all([start({ dryRun: false }), start({ dryRun: false })]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  const refused = both.find(({ status }) => status === 409)!.body as unknown as ErrorBody;
  expect(refused.error).toMatchObject({ code: 'redrive-running' });
  const started = both.find(({ status }) => status === 200)!;
  expect(await ended(started.body.id)).toMatchObject({ state: 'done', redrive: { sent: 1 } });
  const again = await start({ dryRun: false });
  expect(await ended(again.body.id)).toMatchObject({ redrive: { sent: 0 } });
  await vi.waitFor(async () => {
    expect(await end()).toBe(before + 1);
  });
});
