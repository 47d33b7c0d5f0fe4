import { createRequire } from 'node:module';
import type * as KafkaJs from 'kafkajs';
import type { KafkaClient, ProducerRecord } from '../src/index.ts';
import { type Reader, until } from './reader.ts';

export function numbered(count: number, from = 0, partition = 0): ProducerRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`k${from + i}`),
    value: Buffer.from(`${from + i}`),
    partition,
  }));
}

export const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i));

export async function send(
  kafka: KafkaClient,
  topic: string,
  records: readonly ProducerRecord[],
): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(topic, records);
  await producer.close();
}

/** kafkajs itself, for what this library does not offer: transactions, and deleting records. */
export function kafkaJs(): KafkaJs.Kafka {
  const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof KafkaJs;
  return new Kafka({
    brokers: process.env.KAFKA_BROKERS?.split(',') ?? [],
    clientId: 'kafka-client-tests',
    logLevel: logLevel.NOTHING,
  });
}

export async function committed(
  kafka: KafkaClient,
  groupId: string,
  topic: string,
): Promise<(number | null)[]> {
  const admin = await kafka.admin();
  const offsets = await admin.committedOffsets(groupId, topic);
  await admin.close();
  return offsets.map(({ offset }) => offset);
}

/** Commits one offset of partition 0, as soon as a commit is possible. */
export async function commitOnce(reader: Reader, offset: number): Promise<string> {
  await until(() => reader.batches.length > 0);
  return reader.consumer.commit(reader.assignment?.epoch ?? 0, [{ partition: 0, offset }]);
}
