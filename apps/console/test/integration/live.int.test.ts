import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Overview } from '../../src/contract/overview.ts';
import type { TailEvent } from '../../src/contract/topics.ts';
import { maxSessionStreams } from '../../src/live-streams.ts';
import { ConsoleFixture, userRecord } from '../console-fixture.ts';
import { EventStream } from '../event-stream.ts';

let fixture: ConsoleFixture;
let address: string;
beforeAll(async () => {
  fixture = await ConsoleFixture.create();
  await fixture.migrate();
  await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(fixture.app.server.address() as AddressInfo).port}`;
  fixture.services.sampler.start();
});
afterAll(async () => {
  await fixture.services.sampler.stop();
  await fixture.drop();
});

test('figures come once a second, and follow what is produced', { timeout: 60_000 }, async () => {
  const stream = await EventStream.open(`${address}/api/live`, fixture.cookie('viewer'));
  expect(stream.status).toBe(200);
  await vi.waitFor(
    () => {
      expect(stream.of('overview').length).toBeGreaterThan(2);
    },
    { timeout: 20_000 },
  );
  const [one, two] = stream.of<Overview>('overview').slice(-2);
  expect(two!.at - one!.at).toBeLessThan(3_000);
  await fixture.produce(Array.from({ length: 50 }, () => userRecord(randomUUID())));
  await vi.waitFor(
    () => {
      expect(stream.of<Overview>('overview').at(-1)!.writer.lag).toBe(50);
    },
    { timeout: 20_000 },
  );
  stream.close();
});

test('a task is told from its start to its end', { timeout: 60_000 }, async () => {
  const stream = await EventStream.open(`${address}/api/live`, fixture.cookie('viewer'));
  await fixture.call('POST /api/dead-letters/redrive', { body: { dryRun: true, confirm: true } }, 'operator');
  await vi.waitFor(
    () => {
      const states = stream.of<{ state: string }>('task').map(({ state }) => state);
      expect(states).toContain('running');
      expect(states.at(-1)).toBe('done');
    },
    { timeout: 30_000 },
  );
  stream.close();
});

test('a tail shows what comes, masked', { timeout: 60_000 }, async () => {
  const url = `${address}/api/topics/${fixture.config.KAFKA_TOPIC}/tail`;
  const stream = await EventStream.open(url, fixture.cookie('viewer'));
  await vi.waitFor(() => {
    expect(stream.of('messages')).toHaveLength(1);
  });
  const uuid = randomUUID();
  await fixture.produce([userRecord(uuid)]);
  await vi.waitFor(
    () => {
      const messages = stream.of<TailEvent>('messages').flatMap((event) => event.messages);
      expect(messages.map(({ key }) => key.text)).toEqual([uuid]);
      expect(messages[0]!.value.text).toContain('"email": "•••"');
    },
    { timeout: 20_000 },
  );
  stream.close();
  const missing = await EventStream.open(
    `${address}/api/topics/no-such-topic/tail`,
    fixture.cookie('viewer'),
  );
  expect(missing.status).toBe(404);
});

test('a page that is left before its stream begins leaves nothing open', { timeout: 60_000 }, async () => {
  const viewers = async () => (await fixture.call('GET /api/health')).body.console.viewers;
  const { port } = fixture.app.server.address() as AddressInfo;
  const path = `/api/topics/${fixture.config.KAFKA_TOPIC}/tail`;
  const cookie = fixture.cookie('viewer').replace(/^sluice_console_\d+/, `sluice_console_${port}`);
  for (let page = 0; page < 2 * maxSessionStreams; page++) {
    const asked = once(fixture.app.server, 'request');
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\n\r\n`);
    await asked;
    socket.resetAndDestroy();
  }
  const stream = await EventStream.open(address + path, cookie);
  expect(stream.status).toBe(200);
  await vi.waitFor(
    async () => {
      expect(await viewers()).toBe(1);
    },
    { timeout: 10_000 },
  );
  stream.close();
});

test('one session cannot take every stream', { timeout: 60_000 }, async () => {
  const open = (role: 'viewer' | 'operator') => EventStream.open(`${address}/api/live`, fixture.cookie(role));
  const streams = await Promise.all(Array.from({ length: maxSessionStreams + 3 }, () => open('viewer')));
  const statuses = streams.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(maxSessionStreams);
  expect(statuses.filter((status) => status === 503)).toHaveLength(3);
  const other = await open('operator');
  expect(other.status).toBe(200);
  for (const stream of [...streams, other]) stream.close();
});

test('a stream ends with the session', { timeout: 30_000 }, async () => {
  const { headers } = await fixture.send('POST', '/api/session', {
    body: { token: fixture.token('viewer') },
  });
  const cookie = String(headers['set-cookie']).split(';')[0]!;
  const stream = await EventStream.open(`${address}/api/live`, cookie);
  await fixture.send('DELETE', '/api/session', { headers: { cookie, 'x-sluice-console': '1' } });
  await stream.ended;
  expect(stream.events.at(-1)!.name).toBe('session-over');
});
