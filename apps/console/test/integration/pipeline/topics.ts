import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { first, fixture, producedAt, script, second, topicParams } from './world.ts';

test('topics are listed with what is in them', async () => {
  const { body } = await fixture.call('GET /api/topics');
  const ours = body.topics.find(({ topic }) => topic === fixture.config.KAFKA_TOPIC);
  expect(ours).toMatchObject({ partitions: 2, replication: 1, records: 4, offline: 0, role: 'records' });
  expect(ours!.bytes).toBeGreaterThan(0);
  const letters = body.topics.find(({ topic }) => topic === fixture.config.KAFKA_DLQ_TOPIC);
  expect(letters).toMatchObject({ records: 2, role: 'dead-letters' });
});

test('a topic is shown with partitions and settings', async () => {
  const { body } = await fixture.call('GET /api/topics/:topic', { params: topicParams() });
  expect(body.partitions.map(({ begin, end }) => [begin, end])).toEqual([
    ['0', '3'],
    ['0', '1'],
  ]);
  expect(body.partitions[0]!.inSync).toHaveLength(1);
  expect(body.settings.find(({ name }) => name === 'retention.ms')).toBeDefined();
  const missing = await fixture.call('GET /api/topics/:topic', { params: { topic: 'no-such-topic' } });
  expect(missing.status).toBe(404);
});

test('messages are read newest first, with personal fields masked and markup unchanged', async () => {
  const { body } = await fixture.call('POST /api/topics/:topic/messages', {
    params: topicParams(),
    body: { from: { kind: 'latest' } },
  });
  expect(body.messages).toHaveLength(4);
  expect(body.next).toBeNull();
  const ours = body.messages.find(({ key }) => key.text === first)!;
  expect(ours.value).toMatchObject({ format: 'json', masked: true });
  expect(JSON.parse(ours.value.text)).toMatchObject({ uuid: first, email: '•••', state: script, age: 36 });
  expect(body.messages.at(-1)!.key.text).toBe(first);
  const bytes = body.messages.find(({ key }) => key.format === 'null')!;
  expect(bytes.value).toMatchObject({ format: 'binary', text: 'ff fe 01 02 03', bytes: 5 });
  expect(bytes.value.undecodable).toContain('UTF-8');
});

test('messages are read page by page, each once', async () => {
  for (const kind of ['latest', 'earliest'] as const) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await fixture.call('POST /api/topics/:topic/messages', {
        params: topicParams(),
        body: { from: { kind }, limit: 1, ...(cursor === undefined ? {} : { cursor }) },
      });
      seen.push(...body.messages.map(({ partition, offset }) => `${partition}:${offset}`));
      cursor = body.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(['0:0', '0:1', '0:2', '1:0']);
  }
});

test('messages are found by key, by text as it is shown, by offset and by time', async () => {
  const find = async (body: object) => {
    const answer = await fixture.call('POST /api/topics/:topic/messages', {
      params: topicParams(),
      body: body as never,
    });
    expect(answer.status).toBe(200);
    return answer.body.messages.map(({ partition, offset }) => `${partition}:${offset}`);
  };
  expect(await find({ from: { kind: 'earliest' }, key: second })).toEqual(['1:0']);
  expect(await find({ from: { kind: 'latest' }, text: 'ALERT(' })).toEqual(['0:0']);
  expect(await find({ from: { kind: 'latest' }, text: 'ada@example' })).toEqual([]);
  expect(await find({ from: { kind: 'offset', offset: '2' }, partitions: [0] })).toEqual(['0:2']);
  expect(await find({ from: { kind: 'time', time: Date.now() + 60_000 } })).toEqual([]);
  expect((await find({ from: { kind: 'time', time: producedAt - 1_000 } })).sort()).toEqual([
    '0:1',
    '0:2',
    '1:0',
  ]);
});

test('a large message is cut, and there in full when it is asked for', async () => {
  const text = 'x'.repeat(100_000);
  const topic = `large-${randomUUID()}`;
  const admin = await fixture.kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  try {
    await fixture.produce([{ key: null, value: Buffer.from(JSON.stringify({ note: text })) }], topic);
    const { body } = await fixture.call('POST /api/topics/:topic/messages', {
      params: { topic },
      body: { from: { kind: 'latest' } },
    });
    expect(body.messages[0]!.value).toMatchObject({ cut: true, bytes: 100_011 });
    expect(body.messages[0]!.value.text.length).toBeLessThan(20_000);
    const full = await fixture.call('POST /api/topics/:topic/message', {
      params: { topic },
      body: { partition: 0, offset: '0', full: true },
    });
    expect(full.body.value.cut).toBe(false);
    expect(full.body.value.text).toContain(text);
  } finally {
    await admin.deleteTopic(topic);
    await admin.close();
  }
});
