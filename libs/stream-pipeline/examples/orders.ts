// Orders with lines into three tables: a pipeline that has nothing to do with users, on the libraries alone.
// Needs Kafka and Cassandra: KAFKA_BROKERS (127.0.0.1:9092), CASSANDRA_CONTACT_POINTS (127.0.0.1), CASSANDRA_PORT (9042).
// Prints the rows of the three tables as one JSON object.
import { CassandraSession, migrate, tableFromSchema, TableRepository } from '@sluice/cassandra-repository';
import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { jsonEncoder, parseSchema } from '@sluice/record-schema';
import { cassandraSink, recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';

// The contract: the message and the rows of its tables.
const decimal = { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 };
const orderId = { name: 'order_id', type: { type: 'string', logicalType: 'uuid' } };
const placedAt = { name: 'placed_at', type: { type: 'long', logicalType: 'timestamp-millis' } };
const total = { name: 'total', type: ['null', decimal], default: null };
const lineFields = [
  { name: 'line', type: 'int', minimum: 1 },
  { name: 'sku', type: 'string' },
  { name: 'price', type: ['null', decimal], default: null },
];
const line = { type: 'record', name: 'Line', fields: lineFields };
const orderFields = [orderId, { name: 'customer', type: 'string' }, placedAt, total];
const orderSchema = parseSchema({
  type: 'record',
  name: 'Order',
  fields: [...orderFields, { name: 'lines', type: { type: 'array', items: line } }],
});
const channel = { name: 'channel', type: ['null', 'string'], default: null };
const orderRow = parseSchema({ type: 'record', name: 'OrderRow', fields: [...orderFields, channel] });
const lineRow = parseSchema({ type: 'record', name: 'LineRow', fields: [orderId, ...lineFields] });
const historyRow = parseSchema({
  type: 'record',
  name: 'HistoryRow',
  fields: [{ name: 'buyer', type: 'string' }, placedAt, orderId, total],
});

interface Line {
  readonly line: number;
  readonly sku: string;
  readonly price: string | null;
}

interface Order {
  readonly order_id: string;
  readonly customer: string;
  readonly placed_at: number;
  readonly total: string | null;
  readonly lines: readonly Line[];
  readonly channel?: string | null;
}

const environment = process.env;
const keyspace = environment.ORDERS_KEYSPACE ?? 'orders_example';
const topic = environment.ORDERS_TOPIC ?? 'orders';
const kafka = new KafkaClient({
  brokers: (environment.KAFKA_BROKERS ?? '127.0.0.1:9092').split(','),
  clientId: 'orders',
});
const session = await CassandraSession.connect({
  contactPoints: (environment.CASSANDRA_CONTACT_POINTS ?? '127.0.0.1').split(','),
  port: Number(environment.CASSANDRA_PORT ?? 9042),
  localDataCenter: 'datacenter1',
});

const orders = tableFromSchema(orderRow, { keyspace, table: 'orders', partitionKey: ['order_id'] });
const lines = tableFromSchema(lineRow, {
  keyspace,
  table: 'lines',
  partitionKey: ['order_id'],
  clusteringKey: ['line'],
});
const history = tableFromSchema(historyRow, {
  keyspace,
  table: 'orders_by_customer',
  partitionKey: ['buyer'],
  clusteringKey: ['placed_at', 'order_id'],
});

await migrate(session, [orders, lines, history]);
await createTopics();

// The pipeline.
async function drain(): Promise<number> {
  const pipeline = new StreamPipeline<Order>({
    source: { kafka, topic, groupId: `${topic}-writer` },
    decode: recordDecoder<Order>(orderSchema, { key: 'order_id', headers: { channel: 'channel' } }),
    sink: await cassandraSink<Order>(session, [
      { table: orders },
      { table: lines, rows: (order) => order.lines.map((one) => ({ order_id: order.order_id, ...one })) },
      {
        table: history,
        columns: { buyer: 'customer' },
        deletes: 'ignore',
        ttlSeconds: 30 * 86_400,
        consistency: 'one',
        nulls: 'keep',
      },
    ]),
    deadLetters: { topic: `${topic}.dlq` },
    metrics: createPipelineMetrics({ pipeline: topic }),
    logger: createLogger({ name: topic }),
  });
  const { deadLettered } = await pipeline.run(AbortSignal.timeout(60_000), { until: 'end' });
  return deadLettered;
}

const producer = await kafka.producer({ writeTimestamps: new HybridClock() });
const cancelled = order(3, '4.50', 'pear');
await producer.send(topic, [
  record(order(1, '9.00', 'apple', 'plum')),
  record(order(2, '1234567890.12', 'fig')),
  record(cancelled),
]);
await drain();
// The first order is changed to have one line less, the third is cancelled, and one record is not valid.
await producer.send(topic, [
  record(order(1, '4.50', 'apple')),
  { key: Buffer.from(cancelled.order_id), value: null },
  { key: null, value: Buffer.from('{"order_id":"not one"}') },
]);
const deadLettered = await drain();
await producer.close();

const rows = {
  orders: await rowsOf(orders),
  lines: await rowsOf(lines),
  orders_by_customer: await rowsOf(history),
};
console.log(JSON.stringify({ deadLettered, ...rows }));
await session.close();

async function createTopics(): Promise<void> {
  const admin = await kafka.admin();
  for (const name of [topic, `${topic}.dlq`])
    await admin.createTopic({ topic: name, partitions: 2, replicationFactor: 1 });
  await admin.close();
}

function order(number: number, total: string, ...skus: string[]): Order {
  return {
    order_id: `00000000-0000-4000-8000-00000000000${number}`,
    customer: number === 2 ? 'bo' : 'ada',
    placed_at: 1_700_000_000_000 + number,
    total,
    lines: skus.map((sku, i) => ({ line: i + 1, sku, price: '4.50' })),
  };
}

function record(placed: Order) {
  const value = jsonEncoder<Order>(orderSchema).encode(placed);
  return { key: Buffer.from(placed.order_id), value, headers: [['channel', Buffer.from('web')]] as const };
}

async function rowsOf(table: typeof orders): Promise<object[]> {
  const rows: object[] = [];
  for await (const row of TableRepository.open<Record<string, unknown>>(session, table).rows())
    rows.push(row);
  return rows;
}
