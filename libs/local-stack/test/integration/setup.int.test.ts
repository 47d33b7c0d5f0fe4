import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { connectCassandra, isLoginRefused } from '../../src/cassandra-client.ts';
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

  const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;
  const client = new Kafka({ brokers: [...stack.endpoints.kafka!.brokers], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await admin.createTopics({ topics: [{ topic: 'proxied', numPartitions: 1 }] });
  const { resources } = await admin.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 'proxied' }],
    includeSynonyms: false,
  });
  expect(resources[0]!.configEntries).toContainEqual(
    expect.objectContaining({ configName: 'message.timestamp.after.max.ms', configValue: '86400000' }),
  );
  const before = connections;
  const producer = client.producer();
  await producer.connect();
  await producer.send({ topic: 'proxied', messages: [{ value: 'one' }] });
  await producer.disconnect();
  expect(connections).toBeGreaterThan(before);
}, 120_000);

test('Cassandra with an authenticator is ready when its superuser can log in', async () => {
  const stack = await startStack({
    services: ['cassandra'],
    dataDir,
    cassandra: { settings: { authenticator: 'PasswordAuthenticator' } },
  });
  onTestFinished(() => stack.stop());
  const { contactPoints, ...endpoint } = stack.endpoints.cassandra!;
  const node = { host: contactPoints[0]!, ...endpoint };
  const refused = connectCassandra(node, { username: 'cassandra', password: 'wrong' });
  expect(isLoginRefused(await refused.catch((error: unknown) => error))).toBe(true);
  const session = await connectCassandra(node, { username: 'cassandra', password: 'cassandra' });
  await session.shutdown();
}, 180_000);
