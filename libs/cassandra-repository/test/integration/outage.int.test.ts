import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CassandraSession, migrate, TableWriter } from '../../src/index.ts';
import {
  cassandra,
  sample,
  type Sample,
  sampleTable,
  testKeyspace,
  type TestKeyspace,
  us,
} from './test-keyspace.ts';
import { tcpProxy } from './tcp-proxy.ts';

let cluster: TestKeyspace;
let proxy: Awaited<ReturnType<typeof tcpProxy>>;
let session: CassandraSession;
let writer: TableWriter<Sample>;

beforeEach(async () => {
  cluster = await testKeyspace();
  const table = sampleTable(cluster.keyspace);
  await migrate(cluster.session, [table]);
  const { contactPoints, port = 9042, ...rest } = cassandra();
  proxy = await tcpProxy(contactPoints[0] ?? '', port);
  session = await CassandraSession.connect({
    ...rest,
    contactPoints: ['127.0.0.1'],
    port: proxy.port,
    requestTimeoutMs: 500,
    connectTimeoutMs: 500,
  });
  writer = await TableWriter.open<Sample>(session, table);
});
afterEach(async () => {
  await session.close();
  await proxy.cut().catch(() => undefined);
  await cluster.drop();
});

function writeSome() {
  return writer.write(
    Array.from({ length: 30 }, () => ({ kind: 'upsert', row: sample(), writeTimestamp: us(1_000) }) as const),
  );
}

test('asks to retry while the server cannot be reached, and writes again within seconds of its return', async () => {
  expect((await writeSome()).every(({ status }) => status === 'written')).toBe(true);

  await proxy.cut();
  for (const outcome of await writeSome()) {
    expect(outcome).toMatchObject({ error: { kind: 'retry', code: 'unreachable', retryable: true } });
  }
  await expect(session.query('SELECT key FROM system.local')).rejects.toMatchObject({ code: 'unreachable' });

  await proxy.restore();
  await vi.waitFor(
    async () => expect((await writeSome()).every(({ status }) => status === 'written')).toBe(true),
    { timeout: 10_000, interval: 100 },
  );
});

test('asks to retry what the server does not answer in time', async () => {
  expect((await writeSome()).every(({ status }) => status === 'written')).toBe(true);

  proxy.holdUp();

  for (const outcome of await writeSome()) {
    expect(outcome).toMatchObject({ error: { kind: 'retry', code: 'timeout', retryable: true } });
  }
});
