import { randomUUID } from 'node:crypto';
import { CassandraSession, migrate, tableFromSchema, TableRepository } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cassandraSink, recordDecoder, StreamPipeline, type TableTarget } from '../../src/index.ts';

interface Reading {
  readonly device_id: string;
  readonly day: number;
  readonly at: number;
}

const name = `finer_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const schema = parseSchema({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'device_id', type: 'string' },
    { name: 'day', type: 'int' },
    { name: 'at', type: 'int' },
  ],
});
const byTime = tableFromSchema(schema, {
  keyspace: name,
  table: 'by_time',
  partitionKey: ['device_id'],
  clusteringKey: ['day', 'at'],
});
const byDay = tableFromSchema(schema, {
  keyspace: name,
  table: 'by_day',
  partitionKey: ['device_id', 'day'],
  clusteringKey: ['at'],
});
const latest = tableFromSchema(schema, { keyspace: name, table: 'latest', partitionKey: ['device_id'] });

let session: CassandraSession;
const kafka = new KafkaClient({ brokers: process.env.KAFKA_BROKERS?.split(',') ?? [], clientId: name });

beforeAll(async () => {
  session = await CassandraSession.connect({
    contactPoints: process.env.CASSANDRA_CONTACT_POINTS?.split(',') ?? [],
    port: Number(process.env.CASSANDRA_PORT),
    localDataCenter: 'datacenter1',
  });
  await migrate(session, [byDay, byTime, latest]);
  const admin = await kafka.admin();
  for (const topic of [name, `${name}.dlq`])
    await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  await admin.close();
  const producer = await kafka.producer();
  await producer.send(
    name,
    [1, 2, 3, 4].map((at) => ({
      key: Buffer.from('d1'),
      value: Buffer.from(JSON.stringify({ device_id: 'd1', day: 1, at })),
    })),
  );
  await producer.close();
});

afterAll(async () => {
  await session.query(`DROP KEYSPACE IF EXISTS ${name}`);
  await session.close();
  const admin = await kafka.admin();
  for (const topic of [name, `${name}.dlq`]) await admin.deleteTopic(topic);
  await admin.close();
});

async function pipeline(groupId: string, ...targets: readonly TableTarget<Reading>[]) {
  return new StreamPipeline<Reading>({
    source: { kafka, topic: name, groupId },
    decode: recordDecoder<Reading>(schema, { key: 'device_id' }),
    sink: await cassandraSink<Reading>(session, targets),
    deadLetters: { topic: `${name}.dlq` },
    metrics: createPipelineMetrics({ pipeline: groupId }),
    logger: createLogger({ name: groupId, level: 'silent' }),
  });
}

async function timesIn(table: typeof byDay): Promise<number[]> {
  const times: number[] = [];
  for await (const { at } of TableRepository.open<Reading>(session, table).rows()) times.push(at);
  return times.sort();
}

it('records of one key that are several rows are all written', async () => {
  const readings = await pipeline(`${name}-all`, { table: byTime });
  const summary = await readings.run(AbortSignal.timeout(60_000), { until: 'end' });
  expect(summary).toMatchObject({ written: 4, deduplicated: 0 });
  expect(await timesIn(byTime)).toEqual([1, 2, 3, 4]);
});

it('records of one key that are one row are written once a batch, as the newest', async () => {
  const newest = await pipeline(`${name}-latest`, { table: latest });
  expect(await newest.run(AbortSignal.timeout(60_000), { until: 'end' })).toMatchObject({
    written: 1,
    deduplicated: 3,
  });
  expect(await timesIn(latest)).toEqual([4]);
});

it('a table whose partition key a tombstone cannot give is refused', async () => {
  await expect(pipeline(`${name}-refused`, { table: byDay })).rejects.toMatchObject({
    code: 'bad-target',
    message: expect.stringContaining('leaves day of the partition key (device_id, day)') as string,
  });
});
