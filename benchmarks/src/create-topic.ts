import { setTimeout as delay } from 'node:timers/promises';
import { KafkaClient, KafkaError } from '@sluice/kafka-client';

const attempts = 10;

/** Makes a topic where it is missing. A broker that has just started may need more than one attempt. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  { partitions = 4 }: { readonly partitions?: number } = {},
): Promise<void> {
  const admin = await new KafkaClient({ brokers, clientId: 'benchmarks' }).admin();
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await admin.createTopic({ topic, partitions, replicationFactor: 1 });
        return;
      } catch (error) {
        if (!(error instanceof KafkaError) || attempt === attempts) throw error;
        await delay(1_000);
      }
    }
  } finally {
    await admin.close();
  }
}
