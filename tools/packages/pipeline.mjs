// One topic into one table by the libraries alone, as a program that is bundled: no top-level await, which CommonJS does not have.
// Prints {"written": N, "rows": N, "codecs": [...]}.
import { randomUUID } from 'node:crypto';
import { CassandraSession, migrate, TableRepository, tableFromSchema } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { SchemaRegistry } from '@sluice/schema-registry';
import { cassandraSink, recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';

const { KAFKA_BROKERS = '127.0.0.1:9092', CASSANDRA_CONTACT_POINTS = '127.0.0.1' } = process.env;
const { CASSANDRA_PORT = '9042', SCHEMA_REGISTRY_URL = 'http://127.0.0.1:8081' } = process.env;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

async function main() {
  const name = `bundled_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const kafka = new KafkaClient({ brokers: KAFKA_BROKERS.split(','), clientId: name });
  const admin = await kafka.admin();
  for (const topic of [name, `${name}.dlq`])
    await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  const session = await CassandraSession.connect({
    contactPoints: CASSANDRA_CONTACT_POINTS.split(','),
    port: Number(CASSANDRA_PORT),
    localDataCenter: 'datacenter1',
  });
  const registry = new SchemaRegistry({ url: SCHEMA_REGISTRY_URL });
  const schema = parseSchema({
    type: 'record',
    name: 'Item',
    fields: [
      { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
      { name: 'codec', type: 'string' },
    ],
  });
  const table = tableFromSchema(schema, { keyspace: name, table: 'items', partitionKey: ['id'] });
  try {
    await migrate(session, [table]);
    for (const compression of codecs) {
      const producer = await kafka.producer({ compression });
      const value = { id: randomUUID(), codec: compression };
      await producer.send(name, [{ key: Buffer.from(value.id), value: Buffer.from(JSON.stringify(value)) }]);
      await producer.close();
    }
    const pipeline = new StreamPipeline({
      source: { kafka, topic: name, groupId: name },
      decode: recordDecoder(schema, { key: 'id', registry }),
      sink: await cassandraSink(session, table),
      deadLetters: { topic: `${name}.dlq` },
      metrics: createPipelineMetrics({ pipeline: name }),
      logger: createLogger({ name, level: 'warn' }),
    });
    const { written } = await pipeline.run(AbortSignal.timeout(60_000), { until: 'end' });
    const found = [];
    for await (const row of TableRepository.open(session, table).rows()) found.push(row.codec);
    console.log(JSON.stringify({ written, codecs: found.sort() }));
  } finally {
    await session.query(`DROP KEYSPACE IF EXISTS ${name}`, []);
    for (const topic of [name, `${name}.dlq`]) await admin.deleteTopic(topic);
    await registry.close();
    await session.close();
    await admin.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
