// What the producer does to users of the source: map, validate, encode, send.
import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { jsonEncoder } from '@sluice/record-schema';
import { mapRandomUser, type UserRecord, userRecordSchema } from '@sluice/user-schema';
import type { ProducerJob } from './producer-messages.ts';
import { distinct, pageOf, sendPages } from './producer-pages.ts';
import { sourceUserOf } from './source-users.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as ProducerJob;
const users = Array.from({ length: distinct }, (_, number) => sourceUserOf(number));
const encoder = jsonEncoder<UserRecord>(userRecordSchema);
const producer = await new KafkaClient({ brokers: job.brokers, clientId: 'benchmarks' }).producer({
  writeTimestamps: new HybridClock(),
});
await sendPages(job, (from, count) => {
  const messages = pageOf(users, from, count).map((user) => {
    const record = mapRandomUser(user, { passwordPolicy: 'drop' });
    return { key: Buffer.from(record.uuid), value: encoder.encode(record) };
  });
  return producer.send(job.topic, messages);
});
await producer.close();
process.disconnect();
