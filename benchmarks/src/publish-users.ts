import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { avroEncoder, jsonEncoder } from '@sluice/record-schema';
import { frameHeader } from '@sluice/schema-registry';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { userOf } from './users.ts';

export type MessageFormat = 'json' | 'avro';

const chunk = 5_000;
const encoders = {
  json: jsonEncoder<UserRecord>(userRecordSchema),
  avro: avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(1) }),
};

export async function publishUsers(
  brokers: readonly string[],
  topic: string,
  count: number,
  format: MessageFormat = 'json',
): Promise<void> {
  const kafka = new KafkaClient({ brokers, clientId: 'benchmarks' });
  const producer = await kafka.producer({ writeTimestamps: new HybridClock() });
  const encoder = encoders[format];
  for (let from = 0; from < count; from += chunk) {
    const users = Array.from({ length: Math.min(chunk, count - from) }, (_, i) => userOf(from + i));
    await producer.send(
      topic,
      users.map((user) => ({ key: Buffer.from(user.uuid), value: encoder.encode(user) })),
    );
  }
  await producer.close();
}
