import { randomUUID } from 'node:crypto';
import { KafkaClient } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import { TopicEnds } from '../../src/topic-ends.ts';

it('counts the dead letters of this run alone, by the keys of its own users', async () => {
  const kafka = new KafkaClient({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    clientId: 'infra-tests',
  });
  const admin = await kafka.admin();
  const topic = `users-${randomUUID()}`;
  for (const name of [topic, `${topic}.dlq`])
    await admin.createTopic({ topic: name, partitions: 2, replicationFactor: 1 });
  const producer = await kafka.producer();
  const letters = (...keys: string[]) =>
    producer.send(
      `${topic}.dlq`,
      keys.map((key) => ({ key: Buffer.from(key), value: null })),
    );
  try {
    await letters('mine, but of an earlier run', 'c');
    const ends = new TopicEnds({ KAFKA_BROKERS: process.env.KAFKA_BROKERS, KAFKA_TOPIC: topic });
    await ends.open();
    expect(await ends.newDeadLettersOf(new Set(['a']))).toBe(0);
    await letters('a', 'b', 'b', "somebody else's");
    expect(await ends.newDeadLettersOf(new Set(['a', 'b', 'c', 'mine, but of an earlier run']))).toBe(2);
    expect(await ends.newDeadLettersOf(new Set())).toBe(0);
    await ends.close();
  } finally {
    await producer.close();
    for (const name of [topic, `${topic}.dlq`]) await admin.deleteTopic(name);
    await admin.close();
  }
});
