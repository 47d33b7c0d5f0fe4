import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { expect, it, onTestFinished } from 'vitest';
import { item } from '../item-pipeline.ts';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const topics = ['readme-items', 'readme-items.dlq'];

it('the example of the README runs, and prints what it says', async () => {
  const kafka = new KafkaClient({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    clientId: 'readme',
  });
  const admin = await kafka.admin();
  onTestFinished(async () => {
    for (const topic of topics) await admin.deleteTopic(topic);
    await admin.close();
    const session = await CassandraSession.connect({
      contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
      port: Number(process.env.CASSANDRA_PORT),
      localDataCenter: 'datacenter1',
    });
    await session.query('DROP KEYSPACE IF EXISTS readme_items', [], { timeoutMs: 60_000 });
    await session.close();
  });
  for (const topic of topics) await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  const producer = await kafka.producer();
  const values = [item(1), item(2), item(1, { amount: 7 }), { key: item(3).key, value: 'not JSON' }];
  await producer.send(
    'readme-items',
    values.map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) })),
  );
  await producer.close();

  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(readme).toContain(`it prints \`${stdout.trim()}\``);
});
