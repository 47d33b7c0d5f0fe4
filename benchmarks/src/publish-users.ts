import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { userOf } from './users.ts';

const chunk = 5_000;

export async function publishUsers(brokers: readonly string[], topic: string, count: number): Promise<void> {
  const kafka = new KafkaClient({ brokers, clientId: 'benchmarks' });
  const producer = await kafka.producer({ writeTimestamps: new HybridClock() });
  const { encode } = jsonEncoder<UserRecord>(userRecordSchema);
  for (let from = 0; from < count; from += chunk) {
    const users = Array.from({ length: Math.min(chunk, count - from) }, (_, i) => userOf(from + i));
    await producer.send(
      topic,
      users.map((user) => ({ key: Buffer.from(user.uuid), value: encode(user) })),
    );
  }
  await producer.close();
}
