import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../../src/index.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-cluster-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
});

async function start(options: Omit<StackOptions, 'dataDir'>): Promise<Stack> {
  // Three nodes at once on a machine with two cores, beside other tests.
  const stack = await startStack({ dataDir, startTimeoutMs: 240_000, ...options });
  onTestFinished(() => stack.stop());
  return stack;
}

test('three brokers take records while one of them is dead, which catches up when it is restarted', async () => {
  const stack = await start({ services: ['kafka'], kafka: { nodes: 3 } });
  const names = stack.services.map(({ name }) => name).sort();
  expect(names).toEqual(['kafka-1', 'kafka-2', 'kafka-3']);
  expect(stack.endpoints.kafka?.brokers).toHaveLength(3);

  const client = new KafkaClient({ brokers: stack.endpoints.kafka!.brokers, clientId: 'cluster-test' });
  const admin = await client.admin();
  onTestFinished(() => admin.close());
  await admin.createTopic({
    topic: 'replicated',
    partitions: 1,
    replicationFactor: 3,
    config: { 'min.insync.replicas': '2' },
  });
  const producer = await client.producer();
  onTestFinished(() => producer.close());
  const send = () => producer.send('replicated', [{ key: null, value: Buffer.from('one more') }]);
  await send();
  // Looking a group up makes Kafka create its topic of offsets, which has to outlive a broker as well.
  await vi.waitFor(() => admin.committedOffsets('a-group', 'replicated'), { timeout: 30_000, interval: 200 });
  expect((await admin.partitions('__consumer_offsets'))[0]!.replicas).toHaveLength(3);

  const [before] = await admin.partitions('replicated');
  const leader = `kafka-${before!.leader}`;
  await stack.kill(leader);
  await send();
  const [during] = await admin.partitions('replicated');
  expect(during!.inSyncReplicas).not.toContain(before!.leader);

  await stack.restart(leader);
  await vi.waitFor(
    async () => expect((await admin.partitions('replicated'))[0]!.inSyncReplicas).toHaveLength(3),
    {
      timeout: 60_000,
      interval: 500,
    },
  );
  expect((await admin.offsets('replicated'))[0]).toMatchObject({ end: 2 });
}, 400_000);

test('three Cassandra nodes write at LOCAL_QUORUM while one is dead, which counts again when it is restarted', async () => {
  const stack = await start({ services: ['cassandra'], cassandra: { nodes: 3 } });
  expect(stack.endpoints.cassandra).toMatchObject({ contactPoints: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] });
  const session = await CassandraSession.connect(stack.endpoints.cassandra!);
  onTestFinished(() => session.close());
  await session.query(
    "CREATE KEYSPACE cluster WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3}",
  );
  await session.query('CREATE TABLE cluster.rows (id uuid PRIMARY KEY)');
  const write = () =>
    session.query('INSERT INTO cluster.rows (id) VALUES (?)', [randomUUID()], {
      consistency: 'local-quorum',
      timeoutMs: 2_000,
    });
  // A session gives the first error on to its caller, as when it asks a node that has just died.
  const written = () => vi.waitFor(write, { timeout: 60_000, interval: 200 });
  await written();

  await stack.kill('cassandra-2');
  await written();
  await stack.restart('cassandra-2');
  // The quorum is the one that was restarted and one other.
  await stack.kill('cassandra-3');
  await written();
}, 400_000);
