import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession, migrate, type TableDefinition, TableWriter } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startStack } from '../../src/index.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-setup-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

test('a broker is reached through a proxy, with settings and a data folder of its own', async () => {
  const port = await freePort();
  let connections = 0;
  const proxy = createServer((client) => {
    connections += 1;
    const broker = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const)
      one.pipe(other).once('error', () => one.destroy());
  });
  const elsewhere = join(dataDir, 'another disk');
  const stack = await startStack({
    services: ['kafka'],
    dataDir: join(dataDir, 'stack'),
    dataDirs: { kafka: elsewhere },
    ports: { kafka: port },
    kafka: {
      properties: {
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${await listening(proxy)}`,
        'log.message.timestamp.after.max.ms': 86_400_000,
      },
    },
  });
  onTestFinished(() => stack.stop());
  expect(existsSync(join(elsewhere, 'data', 'meta.properties'))).toBe(true);

  const client = new KafkaClient({ brokers: stack.endpoints.kafka!.brokers, clientId: 'setup-test' });
  const admin = await client.admin();
  onTestFinished(() => admin.close());
  await admin.createTopic({ topic: 'proxied', partitions: 1, replicationFactor: 1 });
  expect(await admin.topicConfig('proxied')).toMatchObject({ 'message.timestamp.after.max.ms': '86400000' });
  const before = connections;
  const producer = await client.producer();
  await producer.send('proxied', [{ key: null, value: Buffer.from('one') }]);
  await producer.close();
  expect(connections).toBeGreaterThan(before);
}, 120_000);

test('Cassandra with an authenticator is ready when its superuser can log in, and its guardrails refuse rows one by one', async () => {
  const stack = await startStack({
    services: ['cassandra'],
    dataDir,
    cassandra: {
      settings: {
        authenticator: 'PasswordAuthenticator',
        authorizer: 'CassandraAuthorizer',
        column_value_size_fail_threshold: '12KiB',
      },
    },
  });
  onTestFinished(() => stack.stop());
  const endpoint = stack.endpoints.cassandra!;
  await expect(
    CassandraSession.connect({ ...endpoint, username: 'cassandra', password: 'wrong' }),
  ).rejects.toMatchObject({ code: 'authentication-failed' });
  const session = await CassandraSession.connect({
    ...endpoint,
    username: 'cassandra',
    password: 'cassandra',
  });
  onTestFinished(() => session.close());
  await session.query("CREATE ROLE writer WITH LOGIN = true AND PASSWORD = 'writer'");
  await guardrailsRefuseRows(session, { ...endpoint, username: 'writer', password: 'writer' });
}, 180_000);

/** Guardrails are no concern of superusers, and on a node without an authenticator everybody is one. */
async function guardrailsRefuseRows(
  superuser: CassandraSession,
  login: Parameters<typeof CassandraSession.connect>[0],
): Promise<void> {
  const keyspace = 'guarded';
  const table: TableDefinition = {
    keyspace,
    table: 'texts',
    columns: ['id', 'note', 'indexed'].map((name) => ({ name, cqlType: 'text' as const })),
    primaryKey: { partitionKey: ['id'], clusteringKey: [] },
  };
  await migrate(superuser, [table]);
  await superuser.query(`CREATE INDEX ON ${keyspace}.texts (indexed) USING 'sai'`);
  await superuser.query(`GRANT ALL ON KEYSPACE ${keyspace} TO writer`);
  const session = await CassandraSession.connect(login);
  onTestFinished(() => session.close());
  type Row = Record<'id' | 'note' | 'indexed', string>;
  const writer = await TableWriter.open<Row>(session, table);
  const upsert = (row: Partial<Row> & { id: string }) =>
    ({ kind: 'upsert', row: { note: '', indexed: '', ...row }, writeTimestamp: Date.now() * 1000 }) as const;

  const outcomes = await writer.write([
    upsert({ id: 'one' }),
    upsert({ id: 'large value', note: 'x'.repeat(13_000) }),
    upsert({ id: 'two' }),
    upsert({ id: 'large term', indexed: 'x'.repeat(9_000) }),
    upsert({ id: 'three', note: 'x'.repeat(9_000) }),
  ]);
  const refusals = outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error : undefined));
  expect(refusals.map((error) => error && [error.kind, /Guardrail (\w+)/.exec(error.message)?.[1]])).toEqual([
    undefined,
    ['data', 'column_value_size'],
    undefined,
    ['data', 'sai_string_term_size'],
    undefined,
  ]);
}
