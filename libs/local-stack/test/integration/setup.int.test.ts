import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession } from '@sluice/cassandra-repository';
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

test('Cassandra with an authenticator is ready when its superuser can log in', async () => {
  const stack = await startStack({
    services: ['cassandra'],
    dataDir,
    cassandra: { settings: { authenticator: 'PasswordAuthenticator', authorizer: 'CassandraAuthorizer' } },
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
}, 180_000);
