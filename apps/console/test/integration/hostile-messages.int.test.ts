import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { deadLetterHeaders, type ProducerRecord } from '@sluice/kafka-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message, MessagesPage } from '../../src/contract/topics.ts';
import { ConsoleFixture } from '../console-fixture.ts';

let fixture: ConsoleFixture;
let address: string;
const topic = `hostile-${randomUUID()}`;
/** What another request waits for at most, in ms of this process's own CPU time: other programs may be busy, too. */
const longestWaitMs = 300;
const mib = 1024 * 1024;

beforeAll(async () => {
  fixture = await ConsoleFixture.create();
  await fixture.migrate();
  const admin = await fixture.kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  await admin.close();
  await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(fixture.app.server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  const admin = await fixture.kafka.admin();
  await admin.deleteTopic(topic);
  await admin.close();
  await fixture.drop();
});

/** Asks over HTTP, as the page does. */
async function ask(path: string, body: object) {
  const response = await fetch(address + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-sluice-console': '1',
      // the cookie's name has the port of the address
      cookie: fixture
        .cookie('operator')
        .replace(/^sluice_console_\d+/, `sluice_console_${new URL(address).port}`),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** What another viewer waits at most for an answer while something is done, ms of CPU time. */
async function waitsDuring(work: Promise<unknown>): Promise<{ longest: number; answers: number }> {
  let isDone = false;
  void work.finally(() => (isDone = true)).catch(() => undefined);
  let [longest, answers] = [0, 0];
  while (!isDone) {
    const began = process.cpuUsage();
    await (await fetch(`${address}/health/live`)).text();
    const { user, system } = process.cpuUsage(began);
    longest = Math.max(longest, (user + system) / 1_000);
    answers += 1;
  }
  return { longest, answers };
}

async function offsetOf(record: ProducerRecord): Promise<string> {
  await fixture.produce([record], topic);
  const { body } = await fixture.call('GET /api/topics/:topic', { params: { topic } });
  return String(Number(body.partitions[0]!.end) - 1);
}

test(
  'a message of deep brackets or of Avro without end is shown at a bounded cost',
  { timeout: 60_000 },
  async () => {
    const items = Array.from({ length: 100_000 }, () => '1').join();
    const { registry } = fixture.services.servers;
    const id = await registry!.register(`${topic}-value`, {
      avsc: { type: 'record', name: 'N', fields: [{ name: 'a', type: { type: 'array', items: 'null' } }] },
    });
    const nulls = Buffer.from('0000000000feffffffffffffffff0100', 'hex');
    nulls.writeInt32BE(id, 1);
    const values = [
      Buffer.from(`${'['.repeat(60)}${items}${']'.repeat(60)}`),
      Buffer.from(`${'['.repeat(60_000)}${items}${']'.repeat(60_000)}`),
      nulls,
    ];
    for (const value of values) {
      const offset = await offsetOf({ key: null, value });
      for (const reveal of [true, false]) {
        const asked = ask(`/api/topics/${topic}/message`, { partition: 0, offset, full: true, reveal });
        const { longest } = await waitsDuring(asked);
        console.log(`${value.length} bytes, longest wait ${longest.toFixed(0)} ms of CPU`);
        expect(longest).toBeLessThan(longestWaitMs);
        const { status, text } = await asked;
        expect(status).toBe(200);
        expect(text.length).toBeLessThan(12 * mib);
        const { value: shown } = JSON.parse(text) as { value: { cut: boolean; undecodable: string | null } };
        expect(reveal ? shown.cut || shown.undecodable !== null : true).toBe(true);
      }
    }
  },
);

test('a text search over deep messages answers, and holds up nobody', { timeout: 90_000 }, async () => {
  const value = Buffer.from(`${'['.repeat(60)}${'"x",'.repeat(2_000)}"x"${']'.repeat(60)}`);
  const deep = Buffer.from(`${'['.repeat(400)}"x"${']'.repeat(400)}`);
  const many = (count: number, bytes: Buffer) =>
    Array.from({ length: count }, () => ({ key: null, value: bytes }));
  await fixture.produce([...many(2_500, deep), ...many(1_500, value)], topic);
  const search = { from: { kind: 'latest' }, text: 'not there', reveal: true };
  const began = performance.now();
  const asked = ask(`/api/topics/${topic}/messages`, search);
  const { longest, answers } = await waitsDuring(asked);
  const { status, text } = await asked;
  const took = performance.now() - began;
  console.log(
    `a search took ${took.toFixed(0)} ms; of ${answers} other answers the longest took ${longest.toFixed(0)} ms of CPU`,
  );
  expect(status).toBe(200);
  expect((JSON.parse(text) as { scanned: number }).scanned).toBeGreaterThan(0);
  expect(longest).toBeLessThan(longestWaitMs);
  expect(took).toBeLessThan(20_000);
});

test(
  'dead letters with large keys and headers are listed by their beginnings',
  { timeout: 60_000 },
  async () => {
    const long = Buffer.alloc(450_000, 'k');
    const dead = (at: number): ProducerRecord => ({
      key: long,
      value: null,
      headers: [
        [deadLetterHeaders.stage, Buffer.from('decode')],
        [deadLetterHeaders.errorCode, at % 2 === 0 ? long : Buffer.from('bad-json')],
        [deadLetterHeaders.errorMessage, Buffer.from(`why ${at}`)],
      ],
    });
    await fixture.produce(
      Array.from({ length: 12 }, (_, at) => dead(at)),
      fixture.config.KAFKA_DLQ_TOPIC,
    );
    const asked = ask('/api/dead-letters/search', { limit: 500 });
    const { longest } = await waitsDuring(asked);
    expect(longest).toBeLessThan(longestWaitMs);
    const { text } = await asked;
    expect((JSON.parse(text) as { total: number }).total).toBe(12);
    expect(text.length).toBeLessThan(50_000);
    const messages = await ask(`/api/topics/${fixture.config.KAFKA_DLQ_TOPIC}/messages`, {
      from: { kind: 'latest' },
      reveal: true,
    });
    expect(messages.text.length).toBeLessThan(50_000);
  },
);

test(
  'a record that unpacks to a lot is shown as too large, and its neighbours as they are',
  { timeout: 60_000 },
  async () => {
    const bombs = `bombs-${randomUUID()}`;
    const admin = await fixture.kafka.admin();
    await admin.createTopic({ topic: bombs, partitions: 1, replicationFactor: 1 });
    try {
      const small = { key: null, value: Buffer.from('{"a": 1}') };
      const producer = await fixture.kafka.producer({ compression: 'gzip' });
      for (const record of [small, { key: null, value: Buffer.alloc(40 * mib, ' ') }, small])
        await producer.send(bombs, [record]);
      await producer.close();
      const before = process.memoryUsage.rss();
      const messages: Message[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const { status, text } = await ask(`/api/topics/${bombs}/messages`, {
          ...{ from: { kind: 'earliest' }, reveal: true },
          ...(cursor !== undefined && { cursor }),
        });
        expect(status).toBe(200);
        const page = JSON.parse(text) as MessagesPage;
        messages.push(...page.messages);
        cursor = page.next;
      }
      expect(messages.map(({ offset }) => offset)).toEqual(['0', '1', '2']);
      expect(messages.map(({ value }) => value.undecodable)).toEqual([
        null,
        'too large to show: the record takes more than 16 MiB decompressed',
        null,
      ]);
      expect(messages[1]).toMatchObject({ value: { text: '', bytes: null }, headersLeftOut: null });
      expect(process.memoryUsage.rss() - before).toBeLessThan(100 * mib);
      const alone = await ask(`/api/topics/${bombs}/message`, { partition: 0, offset: '1', full: true });
      expect((JSON.parse(alone.text) as Message).value.undecodable).toContain('too large to show');
    } finally {
      await admin.deleteTopic(bombs);
      await admin.close();
    }
  },
);
