import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { afterAll, describe, expect, it } from 'vitest';

const example = fileURLToPath(new URL('../../examples/orders.ts', import.meta.url));
const keyspace = `orders_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const topic = `orders-${randomUUID()}`;

const [ada, bo, cancelled] = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);

describe('the example of orders with lines', () => {
  afterAll(async () => {
    const session = await CassandraSession.connect({
      contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
      port: Number(process.env.CASSANDRA_PORT),
      localDataCenter: 'datacenter1',
    });
    await session.query(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await session.close();
    const admin = await new KafkaClient({
      brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
      clientId: 't',
    }).admin();
    for (const name of [topic, `${topic}.dlq`]) await admin.deleteTopic(name);
    await admin.close();
  });

  it('writes three tables of one topic: changed lines, a cancelled order, decimals, and a header as a column', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@sluice/source', example], {
      env: { ...process.env, ORDERS_KEYSPACE: keyspace, ORDERS_TOPIC: topic },
    });
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      deadLettered: number;
    } & Record<'orders' | 'lines' | 'orders_by_customer', Record<string, unknown>[]>;

    expect(result.deadLettered).toBe(1);
    const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      String(a.order_id).localeCompare(String(b.order_id));
    expect(result.orders.sort(byId)).toEqual([
      { order_id: ada, customer: 'ada', placed_at: 1_700_000_000_001, total: '4.50', channel: 'web' },
      { order_id: bo, customer: 'bo', placed_at: 1_700_000_000_002, total: '1234567890.12', channel: 'web' },
    ]);
    expect(result.lines.sort(byId)).toEqual([
      { order_id: ada, line: 1, sku: 'apple', price: '4.50' },
      { order_id: bo, line: 1, sku: 'fig', price: '4.50' },
    ]);
    // the history keeps what was cancelled
    expect(result.orders_by_customer.sort(byId)).toEqual([
      { buyer: 'ada', placed_at: 1_700_000_000_001, order_id: ada, total: '4.50' },
      { buyer: 'bo', placed_at: 1_700_000_000_002, order_id: bo, total: '1234567890.12' },
      { buyer: 'ada', placed_at: 1_700_000_000_003, order_id: cancelled, total: '4.50' },
    ]);
  });
});
