import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type OpenTransaction, openTransaction } from '@sluice/kafka-client/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TailEvent } from '../../src/contract/topics.ts';
import { ConsoleFixture, userRecord } from '../console-fixture.ts';
import { EventStream } from '../event-stream.ts';

const inPartition0 = () => ({ ...userRecord(randomUUID()), partition: 0 });
/** What a person waits for without thinking that it hangs, ms. */
const atOnceMs = 2_000;

let fixture: ConsoleFixture;
let transaction: OpenTransaction;
let address: string;

beforeAll(async () => {
  fixture = await ConsoleFixture.create();
  await fixture.migrate();
  await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(fixture.app.server.address() as AddressInfo).port}`;
  await fixture.produce(Array.from({ length: 3 }, inPartition0));
  await fixture.drain();
  await fixture.produce(Array.from({ length: 2 }, inPartition0));
  transaction = await openTransaction({
    brokers: fixture.config.KAFKA_BROKERS,
    topic: fixture.config.KAFKA_TOPIC,
    records: Array.from({ length: 4 }, inPartition0),
  });
});
afterAll(() => fixture.drop());

test('while a transaction is open the newest messages come at once, with a count of what it holds', async () => {
  const params = { topic: fixture.config.KAFKA_TOPIC };
  const newest = () =>
    fixture.call('POST /api/topics/:topic/messages', { params, body: { from: { kind: 'latest' } } });
  // connected, and with the topic known
  await newest();
  const started = performance.now();
  const { status, body } = await newest();
  expect(performance.now() - started).toBeLessThan(atOnceMs);
  expect(status).toBe(200);
  expect(body.messages.map(({ offset }) => offset)).toEqual(['4', '3', '2', '1', '0']);
  expect(body).toMatchObject({ held: 4, next: null });

  const held = await fixture.call('POST /api/topics/:topic/message', {
    params,
    body: { partition: 0, offset: '5' },
  });
  expect(held).toMatchObject({
    status: 404,
    body: {
      error: { message: expect.stringContaining('held back by an open transaction') as string },
    },
  });
});

test('lag and what is held are the same figures in the overview, the group, and the topic', async () => {
  const { KAFKA_TOPIC: topic, KAFKA_GROUP_ID: group } = fixture.config;
  await fixture.services.sampler.tick();
  const overview = (await fixture.call('GET /api/overview')).body;
  expect([overview.writer.lag, overview.topic.held, overview.topic.records]).toEqual([2, 4, 5]);
  const ofGroup = (await fixture.call('GET /api/groups/:group', { params: { group } })).body;
  expect(ofGroup.summary).toMatchObject({ lag: 2, held: 4 });
  expect(ofGroup.partitions[0]).toMatchObject({ committed: '3', end: '5', lag: 2, held: 4 });
  const ofTopic = (await fixture.call('GET /api/topics/:topic', { params: { topic } })).body;
  expect(ofTopic.summary).toMatchObject({ records: 5, held: 4 });
  expect(ofTopic.partitions[0]).toMatchObject({ end: '5', held: 4 });
});

test('a tail says what is held, and shows it once the transaction is committed', async () => {
  const url = `${address}/api/topics/${fixture.config.KAFKA_TOPIC}/tail`;
  const stream = await EventStream.open(url, fixture.cookie('viewer'));
  const events = () => stream.of<TailEvent>('messages');
  const waiting = { timeout: 20_000 };
  await vi.waitFor(() => {
    expect(events()).toEqual([{ messages: [], skipped: 0, held: 4 }]);
  }, waiting);
  await fixture.produce([inPartition0()]);
  await vi.waitFor(() => {
    expect(events().at(-1)).toEqual({ messages: [], skipped: 0, held: 5 });
  }, waiting);
  await transaction.commit();
  await vi.waitFor(() => {
    expect(events().flatMap(({ messages }) => messages)).toHaveLength(5);
    expect(events().at(-1)!.held).toBe(0);
  }, waiting);
  // the marker of the commit is no message that was left out
  expect(events().reduce((sum, { skipped }) => sum + skipped, 0)).toBe(0);
  stream.close();
});
