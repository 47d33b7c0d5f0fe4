// kafkajs alone sends the same messages, made ready before the clock starts, with the same promises: all in-sync replicas, idempotence.
import { jsonEncoder } from '@sluice/record-schema';
import { mapRandomUser, type UserRecord, userRecordSchema } from '@sluice/user-schema';
// The ceiling is the library itself, without ours around it.
// eslint-disable-next-line no-restricted-imports
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { ProducerJob } from './producer-messages.ts';
import { distinct, pageOf, sendPages } from './producer-pages.ts';
import { sourceUserOf } from './source-users.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as ProducerJob;
const encoder = jsonEncoder<UserRecord>(userRecordSchema);
// not from kafka-client, which mends faults of kafkajs in the process that it is in
const writeTimestamp = 'sluice.write-timestamp';
const now = Date.now() * 1000;
const messages = Array.from({ length: distinct }, (_, number) => {
  const record = mapRandomUser(sourceUserOf(number), { passwordPolicy: 'drop' });
  const headers = { [writeTimestamp]: Buffer.from(String(now + number)) };
  return { key: Buffer.from(record.uuid), value: encoder.encode(record), headers };
});
const kafka = new Kafka({ brokers: [...job.brokers], clientId: 'bare', logLevel: logLevel.ERROR });
const producer = kafka.producer({
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();
let sending: Promise<unknown> = Promise.resolve();
await sendPages(job, (from, count) => {
  const page = pageOf(messages, from, count);
  // one request after the other, which its idempotence needs
  sending = sending.then(() => producer.send({ topic: job.topic, acks: -1, messages: page }));
  return sending;
});
await producer.disconnect();
process.disconnect();
