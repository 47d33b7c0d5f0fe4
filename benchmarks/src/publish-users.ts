import { HybridClock, KafkaClient } from '@sluice/kafka-client';
import { avroEncoder, jsonEncoder } from '@sluice/record-schema';
import { frameHeader } from '@sluice/schema-registry';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { createTopic } from './create-topic.ts';
import { userOf } from './users.ts';

export type MessageFormat = 'json' | 'avro';

export interface Publication {
  readonly topic: string;
  readonly records: number;
  /** Default: json. */
  readonly format?: MessageFormat;
  /** Of a topic that is not there yet. Default 4. */
  readonly partitions?: number;
  /** Of the schema of Avro messages. Default 1. */
  readonly schemaId?: number;
}

const chunk = 5_000;

/** Makes the topic where it is missing, and fills it with user records, the same ones for the same number. */
export async function publishUsers(
  brokers: readonly string[],
  { topic, records, format = 'json', partitions = 4, schemaId = 1 }: Publication,
): Promise<void> {
  const kafka = new KafkaClient({ brokers, clientId: 'benchmarks' });
  await createTopic(brokers, topic, { partitions });
  // a pipeline asks for it when it starts
  await createTopic(brokers, `${topic}.dlq`);
  const producer = await kafka.producer({ writeTimestamps: new HybridClock() });
  const encoder =
    format === 'json'
      ? jsonEncoder<UserRecord>(userRecordSchema)
      : avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(schemaId) });
  let sent = Promise.resolve();
  for (let from = 0; from < records; from += chunk) {
    const users = Array.from({ length: Math.min(chunk, records - from) }, (_, i) => userOf(from + i));
    const messages = users.map((user) => ({ key: Buffer.from(user.uuid), value: encoder.encode(user) }));
    await sent;
    sent = producer.send(topic, messages);
  }
  await sent;
  await producer.close();
}
