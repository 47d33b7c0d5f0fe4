import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeadLetterQueue, deadLetterHeaders } from '@sluice/kafka-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ErrorBody } from '../../src/contract/common.ts';
import type { Task } from '../../src/contract/tasks.ts';
import { ConsoleFixture, userRecord } from '../console-fixture.ts';

let fixture: ConsoleFixture;
let producedAt: number;
const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
const script = '<script>alert("x")</script>';
const confirm = true as const;

beforeAll(async () => {
  fixture = await ConsoleFixture.create();
  await fixture.migrate();
  producedAt = Date.now();
  await fixture.produce([
    { ...userRecord(first, { state: script }), partition: 0, timestamp: producedAt - 5_000 },
    { ...userRecord(second, { age: 12, city: 'Bern' }), partition: 1 },
    {
      key: Buffer.from(third),
      value: Buffer.from(`{"uuid": "${third}", "age": "<b>no number</b>"}`),
      partition: 0,
    },
    { key: null, value: Buffer.from([0xff, 0xfe, 1, 2, 3]), partition: 0 },
  ]);
  await fixture.drain();
});
afterAll(() => fixture.drop());

const topicParams = () => ({ topic: fixture.config.KAFKA_TOPIC });

/** A task once it has ended. */
function ended(id: string): Promise<Task> {
  return vi.waitFor(
    async () => {
      const { body } = await fixture.call('GET /api/tasks/:id', { params: { id } });
      if (body.state === 'running') throw new Error('still running');
      return body;
    },
    { timeout: 40_000, interval: 100 },
  );
}

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
  expect(JSON.parse(ours.value.text)).toMatchObject({ uuid: first, email: '•••', state: '•••', age: '•••' });
  expect(body.messages.at(-1)!.key.text).toBe(first);
  const bytes = body.messages.find(({ key }) => key.format === 'null')!;
  expect(bytes.value).toMatchObject({ format: 'binary', text: '•••', bytes: 5 });
  expect(bytes.value.undecodable).toContain('UTF-8');
  const revealed = await fixture.call(
    'POST /api/topics/:topic/messages',
    { params: topicParams(), body: { from: { kind: 'latest' }, reveal: true } },
    'operator',
  );
  const texts = revealed.body.messages.map(({ value }) => value.text);
  expect(texts).toContain('ff fe 01 02 03');
  expect(texts.join()).toContain(JSON.stringify(script));
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
  const ask = (body: object, role: 'viewer' | 'operator') =>
    fixture.call('POST /api/topics/:topic/messages', { params: topicParams(), body: body as never }, role);
  const find = async (body: object, role: 'viewer' | 'operator' = 'viewer') => {
    const answer = await ask(body, role);
    expect(answer.status).toBe(200);
    return answer.body.messages.map(({ partition, offset }) => `${partition}:${offset}`);
  };
  expect(await find({ from: { kind: 'earliest' }, key: second })).toEqual(['1:0']);
  expect(await find({ from: { kind: 'latest' }, text: first.toUpperCase() })).toEqual(['0:0']);
  for (const text of ['ALERT(', 'ada@example', 'ff fe', 'no number'])
    expect(await find({ from: { kind: 'latest' }, text })).toEqual([]);
  const reveal = true;
  expect(await find({ from: { kind: 'latest' }, text: 'ALERT(', reveal }, 'operator')).toEqual(['0:0']);
  const refused = await ask({ from: { kind: 'latest' }, key: 'ada@example.com' }, 'viewer');
  expect(refused.status).toBe(403);
  expect((refused.body as unknown as ErrorBody).error.code).toBe('key-masked');
  expect(await find({ from: { kind: 'latest' }, key: 'ada@example.com', reveal }, 'operator')).toEqual([]);
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
    const { body } = await fixture.call(
      'POST /api/topics/:topic/messages',
      {
        params: { topic },
        body: { from: { kind: 'latest' }, reveal: true },
      },
      'operator',
    );
    expect(body.messages[0]!.value).toMatchObject({ cut: true, bytes: 100_011 });
    expect(body.messages[0]!.value.text.length).toBeLessThan(3_000);
    const full = (reveal: boolean) =>
      fixture.call(
        'POST /api/topics/:topic/message',
        { params: { topic }, body: { partition: 0, offset: '0', full: true, reveal } },
        'operator',
      );
    expect((await full(true)).body.value.cut).toBe(false);
    expect((await full(true)).body.value.text).toContain(text);
    expect((await full(false)).body.value.text).toBe('"•••"');
  } finally {
    await admin.deleteTopic(topic);
    await admin.close();
  }
});

test('only an operator reveals, and each reveal is written down without saying whose', async () => {
  const request = { params: topicParams(), body: { partition: 0, offset: '0', reveal: true } };
  expect((await fixture.call('POST /api/topics/:topic/message', request)).status).toBe(403);
  const revealed = await fixture.call('POST /api/topics/:topic/message', request, 'operator');
  expect(revealed.body.value).toMatchObject({ masked: false });
  expect(revealed.body.value.text).toContain('ada@example.com');
  const user = { body: { uuid: first, reveal: true } };
  expect((await fixture.call('POST /api/users/lookup', user)).status).toBe(403);
  expect((await fixture.call('POST /api/users/lookup', user, 'operator')).body.user!.fields).toContainEqual(
    expect.objectContaining({ name: 'email', value: 'ada@example.com', masked: false }),
  );
  const log = readFileSync(join(fixture.folder, 'changes.jsonl'), 'utf8');
  expect(log).toContain('"what":"message-reveal"');
  expect(log).toContain('"what":"user-reveal"');
  expect(log).not.toContain('ada@');
  expect(log).not.toContain(first);
});

test('a user is shown masked, with write times and the record it came from', async () => {
  const { body } = await fixture.call('POST /api/users/lookup', { body: { uuid: first.toUpperCase() } });
  const { user } = body;
  expect(user!.source).toMatchObject({
    topic: fixture.config.KAFKA_TOPIC,
    partition: 0,
    offset: '0',
    available: true,
  });
  const field = (name: string) => user!.fields.find((found) => found.name === name);
  expect(field('email')).toMatchObject({ value: '•••', masked: true });
  expect(field('nationality')).toMatchObject({ value: null, masked: false });
  expect(field('age_group')).toMatchObject({ value: '•••', masked: true });
  expect(field('source_offset')).toMatchObject({ value: '0', masked: false });
  expect(field('age')!.writeTime).toBe(user!.writeTime);
  expect(field('phone')).toMatchObject({ value: null, masked: false, writeTime: null });
  expect(
    (await fixture.call('POST /api/users/lookup', { body: { uuid: randomUUID() } })).body.user,
  ).toBeNull();
});

test('users are read page by page, each once', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await fixture.call('POST /api/users/page', {
      body: { limit: 1, ...(cursor === undefined ? {} : { cursor }) },
    });
    seen.push(...body.users.map(({ uuid }) => uuid));
    cursor = body.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen.sort()).toEqual([first, second].sort());
});

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
  expect(JSON.parse(letter.body.message.value.text)).toEqual({ uuid: third, age: '•••' });
  const open = await fixture.call(
    'POST /api/dead-letters/letter',
    { body: { partition, offset, reveal: true } },
    'operator',
  );
  expect(open.body.message.value.text).toContain('<b>no number</b>');
  const search = (role: 'viewer' | 'operator') =>
    fixture.call('POST /api/dead-letters/search', { body: { key: 'ada@example.com', reveal: true } }, role);
  expect((await search('viewer')).status).toBe(403);
  expect((await search('operator')).body).toMatchObject({ total: 0 });
  const masked = await fixture.call('POST /api/dead-letters/search', { body: { key: 'ada@example.com' } });
  expect((masked.body as unknown as ErrorBody).error.code).toBe('key-masked');
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

test('dead letters of an earlier topic are left out of a redrive, and redriven when they are asked for', async () => {
  const { KAFKA_TOPIC, KAFKA_DLQ_TOPIC } = fixture.config;
  const producer = await fixture.kafka.producer();
  const queue = new DeadLetterQueue({ topic: KAFKA_DLQ_TOPIC, producer, pipeline: 'earlier' });
  const place = { topic: KAFKA_TOPIC, topicId: 'FIbgPJ2dRkupAjfTlu1Z-_', partition: 1, offset: 0 };
  const record = { ...place, timestamp: producedAt, key: null, value: Buffer.from('{'), headers: [] };
  const error = { code: 'of-earlier-topic', message: 'refused by the test' };
  await queue.send([{ record, stage: 'decode', error }]);
  await producer.close();
  const redrive = async (request: object) => {
    const body = { codes: [error.code], dryRun: true, confirm, ...request };
    return ended((await fixture.call('POST /api/dead-letters/redrive', { body }, 'operator')).body.id);
  };
  expect(await redrive({})).toMatchObject({ redrive: { selected: 0, skipped: { 'former-topic': 1 } } });
  expect(await redrive({ formerTopics: true })).toMatchObject({
    title: `code ${error.code}; of earlier topics`,
    redrive: { selected: 1, skipped: {} },
  });
});

test('an audit is started, told and kept', async () => {
  await fixture.drain();
  const { body } = await fixture.call('POST /api/audits', { body: { confirm } }, 'operator');
  const task = await ended(body.id);
  expect(task).toMatchObject({ state: 'done', kind: 'audit', by: 'operator', audit: { ok: true, rows: 2 } });
  expect(
    (await fixture.call('GET /api/tasks', { query: { kind: 'audit' } })).body.tasks.map(({ id }) => id),
  ).toEqual([body.id]);
  const stop = await fixture.call(
    'POST /api/tasks/:id/stop',
    { params: { id: body.id }, body: { confirm } },
    'operator',
  );
  expect(stop.status).toBe(409);
  const changes = await fixture.call('GET /api/changes');
  expect(changes.body.changes.map(({ what }) => what)).toContain('audit');
});

test('schemas are listed and checked, and text that is none is refused', async () => {
  const { registry } = fixture.services.servers;
  const subject = `${fixture.config.KAFKA_TOPIC}-value`;
  const avsc = { type: 'record', name: 'T', fields: [{ name: 'a', type: 'int' }] };
  await registry!.setCompatibility('BACKWARD', subject);
  await registry!.register(subject, { avsc });
  const { body: list } = await fixture.call('GET /api/schemas');
  expect(list.subjects).toContainEqual({ subject, versions: [1], compatibility: 'BACKWARD' });
  const { body: details } = await fixture.call('GET /api/schemas/:subject', { params: { subject } });
  expect(details.versions[0]!.fields).toEqual([{ name: 'a', type: 'int', default: null }]);
  const check = async (schema: string) =>
    fixture.call('POST /api/schemas/:subject/compatibility', { params: { subject }, body: { schema } });
  const added = { ...avsc, fields: [...avsc.fields, { name: 'b', type: 'int' }] };
  expect((await check(JSON.stringify(avsc))).body.compatible).toBe(true);
  expect((await check(JSON.stringify(added))).body).toMatchObject({ compatible: false });
  expect((await check('{')).status).toBe(400);
  expect((await fixture.call('GET /api/schemas/:subject', { params: { subject: 'none' } })).status).toBe(404);
});

test('messages in Avro are shown by the schema that they name, with exact longs', async () => {
  const { registry } = fixture.services.servers;
  const topic = `avro-${randomUUID()}`;
  const avsc = {
    type: 'record',
    name: 'A',
    fields: [
      { name: 'n', type: 'long', personal: false },
      { name: 'email', type: ['null', 'string'] },
    ],
  };
  const id = await registry!.register(`${topic}-value`, { avsc });
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  // n = 9007199254740993 as a zigzag varint; email = "a"
  const varint = Buffer.from('8280808080808020', 'hex');
  const admin = await fixture.kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  try {
    const unknown = Buffer.from([0, 0x7f, 0, 0, 1, 2]);
    await fixture.produce(
      [Buffer.concat([header, varint, Buffer.from([2, 2, 0x61])]), unknown].map((value) => ({
        key: null,
        value,
      })),
      topic,
    );
    const { body } = await fixture.call('POST /api/topics/:topic/messages', {
      params: { topic },
      body: { from: { kind: 'earliest' } },
    });
    expect(body.messages[0]!.value).toMatchObject({ format: 'avro', schemaId: id, masked: true });
    expect(body.messages[0]!.value.text).toBe('{\n  "n": 9007199254740993,\n  "email": "•••"\n}');
    expect(body.messages[1]!.value).toMatchObject({ format: 'binary', schemaId: 0x7f000001 });
    expect(body.messages[1]!.value.undecodable).toContain('schema');
  } finally {
    await admin.deleteTopic(topic);
    await admin.close();
  }
});

test('the overview and the history follow the flow', async () => {
  await fixture.services.sampler.tick();
  await fixture.produce([userRecord(randomUUID())]);
  await vi.waitFor(
    async () => {
      await fixture.services.sampler.tick();
      const { body } = await fixture.call('GET /api/overview');
      expect(body.topic).toMatchObject({ state: 'ok', partitions: 2 });
      expect(body.topic.recordsPerSecond).toBeGreaterThan(0);
      expect(body.writer).toMatchObject({ state: 'absent', lag: 1, members: 0 });
      expect(body.table).toMatchObject({ nodesUp: 1, nodes: 1 });
    },
    { timeout: 20_000, interval: 300 },
  );
  const { body } = await fixture.call('GET /api/history', {
    query: { range: '15m', series: 'lag,partitionLag' },
  });
  expect(body.values.lag!.findLast((value) => value !== null)).toBe(1);
  expect(Object.keys(body.values)).toContain('lag/0');
});

test('health names brokers, nodes and the registry', async () => {
  const { body } = await fixture.call('GET /api/health');
  expect(body.kafka).toMatchObject({ problem: null, offline: 0 });
  expect(body.kafka.brokers.length).toBeGreaterThan(0);
  expect(body.cassandra.nodes[0]).toMatchObject({ up: true, dataCenter: 'datacenter1' });
  expect(body.registry.subjects).toBeGreaterThan(0);
  expect(body.console.historyBytes).toBeGreaterThan(0);
});

test('jobs that are not configured say so, and cannot be started', async () => {
  expect((await fixture.call('GET /api/jobs')).body.airflow).toMatchObject({
    configured: false,
    problem: null,
  });
  const refused = await fixture.call(
    'POST /api/jobs/:dag/trigger',
    { params: { dag: 'x' }, body: { confirm } },
    'operator',
  );
  expect((refused.body as unknown as ErrorBody).error.code).toBe('no-airflow');
});
