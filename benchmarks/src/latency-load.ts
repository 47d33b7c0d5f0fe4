// Produces users at a steady rate, and tells its parent of up to 50 of them a second, when each is handed over.
import { setTimeout as delay } from 'node:timers/promises';
import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import type { FromLoad, LatencyJob } from './latency-messages.ts';
import { sharedClock } from './shared-clock.ts';
import { userOf } from './users.ts';

const samplesPerSecond = 50;
const tickMs = 5;
const { rate, seconds, warmUpSeconds, from } = JSON.parse(process.argv[2] ?? '{}') as LatencyJob;
const say = (message: FromLoad) => process.send?.(message);
const topic = process.env.KAFKA_TOPIC ?? '';
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
const producer = await new KafkaClient({ brokers, clientId: 'benchmarks' }).producer({
  writeTimestamps: new HybridClock(),
});
const encoder = jsonEncoder<UserRecord>(userRecordSchema);
const sampleEvery = Math.max(1, Math.ceil(rate / samplesPerSecond));
const total = rate * seconds;
const unacknowledged: Promise<void>[] = [];

const startedAt = sharedClock();
let sent = 0;
while (sent < total) {
  const due = Math.min(total, Math.ceil(((sharedClock() - startedAt) / 1000) * rate));
  const numbers = Array.from({ length: due - sent }, (_, i) => sent + i);
  const users = numbers.map((number) => userOf(from + number));
  const messages = users.map((user) => ({ key: Buffer.from(user.uuid), value: encoder.encode(user) }));
  const sentAt = sharedClock();
  unacknowledged.push(producer.send(topic, messages));
  for (const [index, { uuid }] of users.entries()) {
    const number = sent + index;
    const warmUp = number < warmUpSeconds * rate;
    if (number % sampleEvery === 0) say({ kind: 'sample', sample: { uuid, sentAt, warmUp } });
  }
  sent = due;
  await delay(tickMs);
}
await Promise.all(unacknowledged);
const lastedSeconds = (sharedClock() - startedAt) / 1000;
say({ kind: 'done', sent: sent / lastedSeconds });
await producer.close();
process.disconnect();
