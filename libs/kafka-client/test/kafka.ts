import { randomUUID } from 'node:crypto';
import { KafkaClient } from '../src/index.ts';

/** The real broker of this test run, see test-kit. */
function connectedClient(): KafkaClient {
  const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];
  return new KafkaClient({ brokers, clientId: 'kafka-client-tests' });
}

/** Runs a test on a topic of its own and deletes it afterwards. */
export async function withTopic(
  test: (topic: string, kafka: KafkaClient) => Promise<void>,
  { partitions = 1, config = {} }: { partitions?: number; config?: Record<string, string> } = {},
): Promise<void> {
  const kafka = connectedClient();
  const admin = await kafka.admin();
  const topic = `t-${randomUUID()}`;
  try {
    await admin.createTopic({ topic, partitions, replicationFactor: 1, config });
    await test(topic, kafka);
  } finally {
    await admin.deleteTopic(topic);
    await admin.close();
  }
}

export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((r) => (resolve = r));
  return { promise, resolve };
}
