// The floor: one record is produced, one row inserted, one row read, one after the other, ten times a second beside the load, on a
// topic and a table of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { CassandraSession, tableFromSchema } from '@sluice/cassandra-repository';
import { prepareBatches, sendBatches } from '@sluice/cassandra-repository/testing';
import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { jsonEncoder } from '@sluice/record-schema';
import {
  enrichUser,
  type UserRecord,
  userRecordSchema,
  type UserRow,
  userRowSchema,
} from '@sluice/user-schema';
import type { LatencyJob, LatencyRun } from './latency-messages.ts';
import { sharedClock } from './shared-clock.ts';
import { userOf } from './users.ts';

const everyMs = 100;
const { seconds, warmUpSeconds, from } = JSON.parse(process.argv[2] ?? '{}') as LatencyJob;
const keyspace = process.env.CASSANDRA_KEYSPACE ?? '';
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
const producer = await new KafkaClient({ brokers, clientId: 'benchmarks' }).producer({
  writeTimestamps: new HybridClock(),
});
const session = await CassandraSession.connect({
  contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
  port: Number(process.env.CASSANDRA_PORT),
  localDataCenter: 'datacenter1',
});
const table = tableFromSchema(userRowSchema, { keyspace, table: 'user_records', partitionKey: ['uuid'] });
const select = `SELECT uuid FROM ${keyspace}.user_records WHERE uuid = ?`;
const encoder = jsonEncoder<UserRecord>(userRecordSchema);

const latencies: number[] = [];
const startedAt = sharedClock();
const end = startedAt + seconds * 1000;
for (let turn = 0; sharedClock() < end; turn += 1) {
  const user = userOf(from + turn);
  const timestamp = Date.now();
  const row = enrichUser(user, { partition: 0, offset: BigInt(turn), timestamp });
  const mutation = { kind: 'upsert' as const, row, writeTimestamp: timestamp * 1000 };
  const batches = await prepareBatches<UserRow>(session, table, [mutation]);
  const record = { key: Buffer.from(user.uuid), value: encoder.encode(user) };

  const began = sharedClock();
  await producer.send(process.env.KAFKA_TOPIC ?? '', [record]);
  await sendBatches(session, batches);
  const { rows } = await session.query(select, [user.uuid]);
  const ended = sharedClock();
  if (rows.length === 0) throw new Error('a row that was inserted cannot be read');
  if (began - startedAt >= warmUpSeconds * 1000) latencies.push(ended - began);
  await delay(Math.max(0, everyMs - (ended - began)));
}
await producer.close();
await session.close();
process.send?.({ latencies, rate: latencies.length / (seconds - warmUpSeconds) } satisfies LatencyRun);
process.disconnect();
