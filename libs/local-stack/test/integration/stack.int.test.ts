import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Client } from 'cassandra-driver';
import kafkajs, { type Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { connectCassandra } from '../../src/cassandra-client.ts';
import { defaultSuperuser } from '../../src/cassandra-security.ts';
import { identify } from '../../src/process-identity.ts';
import { readStack, startStack, stopStack, type Stack } from '../../src/index.ts';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-stack-'));
});

afterAll(async () => {
  await stopStack(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

function kafkaOf({ endpoints }: Stack): Kafka {
  const { Kafka, logLevel } = kafkajs;
  return new Kafka({ brokers: [...endpoints.kafka!.brokers], logLevel: logLevel.NOTHING });
}

function sessionOf({ endpoints }: Stack): Promise<Client> {
  const { contactPoints, ...node } = endpoints.cassandra!;
  return connectCassandra({ host: contactPoints[0]!, ...node }, defaultSuperuser);
}

const goneOf = (stack: Stack) => stack.services.every(({ pid }) => identify(pid) === undefined);

test('a stack takes records and rows, leaves no process, and a later one on other ports still has them', async () => {
  const first = await startStack({ services: ['kafka', 'cassandra'], dataDir });
  onTestFinished(() => first.stop());
  await expect(startStack({ services: ['kafka'], dataDir })).rejects.toMatchObject({
    code: 'already-running',
  });
  await expect(stopStack(dataDir)).rejects.toMatchObject({ code: 'owned-elsewhere' });

  const admin = kafkaOf(first).admin();
  await admin.connect();
  expect(await admin.listTopics()).toEqual([]);
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafkaOf(first).producer();
  await producer.connect();
  await producer.send({ topic: 'kept', messages: [{ value: 'one' }] });
  await producer.disconnect();
  const session = await sessionOf(first);
  await session.execute(
    "CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  );
  await session.execute('CREATE TABLE kept.rows (id int PRIMARY KEY)');
  await session.execute('INSERT INTO kept.rows (id) VALUES (7)');
  await session.shutdown();

  await first.stop();
  expect(goneOf(first)).toBe(true);
  expect(await readStack(dataDir)).toBeUndefined();

  const second = await startStack({ services: ['kafka', 'cassandra'], dataDir });
  onTestFinished(() => second.stop());
  expect(second.services.map(({ port }) => port)).not.toEqual(first.services.map(({ port }) => port));
  const again = kafkaOf(second).admin();
  await again.connect();
  expect(await again.fetchTopicOffsets('kept')).toMatchObject([{ high: '1' }]);
  await again.disconnect();
  const later = await sessionOf(second);
  expect((await later.execute('SELECT id FROM kept.rows')).rows).toMatchObject([{ id: 7 }]);
  await later.shutdown();
}, 180_000);

test('services whose owner was killed end with it, and the next start says so and has the data', async () => {
  const owner = spawn(
    process.execPath,
    ['--conditions=@sluice/source', fileURLToPath(new URL('owner.ts', import.meta.url)), dataDir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void owner.kill('SIGKILL'));
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
  const { services } = JSON.parse(line) as Stack;
  // Even one that hears no signal for now.
  process.kill(services[0]!.pid, 'SIGSTOP');
  owner.kill('SIGKILL');
  await vi.waitUntil(() => services.every(({ pid }) => identify(pid) === undefined), { timeout: 20_000 });

  const messages: string[] = [];
  const next = await startStack({
    services: ['kafka'],
    dataDir,
    onProgress: (message) => messages.push(message),
  });
  onTestFinished(() => next.stop());
  expect(messages[0]).toMatch(/an earlier run .* ended without stopping its services; none of them is left/);
}, 120_000);

test('a service that ends during the start fails it at once, with its log, and takes the others along', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-local-stack-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const broken = {
    name: 'broken',
    version: '1',
    prepare: () => Promise.resolve({ file: '/bin/sh', args: ['-c', 'echo no licence; exit 3'] }),
    probe: () => Promise.resolve(),
  };
  const messages: string[] = [];
  const start = startStack({
    services: ['kafka', broken],
    dataDir: folder,
    onProgress: (message) => messages.push(message),
  });
  await expect(start).rejects.toMatchObject({
    code: 'service-died',
    message: expect.stringMatching(/broken ended \(exit code 3\)[^]*no licence/),
  });
  expect(existsSync(join(folder, 'stack.json'))).toBe(false);
  expect(await readFile(join(folder, 'logs', 'broken.log'), 'utf8')).toBe('no licence\n');
});
