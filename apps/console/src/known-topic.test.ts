import { KafkaError, type TopicDescription } from '@sluice/kafka-client';
import { expect, test } from 'vitest';
import { knownTopic } from './known-topic.ts';

const topic: TopicDescription = { topic: 'new', internal: false, partitions: [] };

/** Brokers that answer the questions one by one; after the last the same again. */
function brokers(...answers: (TopicDescription | Error)[]) {
  const asked: (readonly string[] | undefined)[] = [];
  return {
    asked,
    topics: (names?: readonly string[]) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? topic;
      asked.push(names);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([answer]);
    },
  };
}

const unknown = new KafkaError('unknown-topic', 'topic new does not exist', { retryable: true });

test('a topic that was just created is asked for again until the brokers know it', async () => {
  const inspector = brokers(unknown, unknown, topic);
  const waits: number[] = [];
  expect(await knownTopic(inspector, 'new', (ms) => Promise.resolve(waits.push(ms)))).toEqual([topic]);
  expect(inspector.asked).toEqual([['new'], ['new'], ['new']]);
  expect(waits).toEqual([100, 200]);
});

test('a topic that there is not is given up within two seconds', async () => {
  const waits: number[] = [];
  const asking = knownTopic(brokers(unknown), 'new', (ms) => Promise.resolve(waits.push(ms)));
  await expect(asking).rejects.toBe(unknown);
  expect(waits.reduce((sum, ms) => sum + ms)).toBeLessThan(2_000);
});

test('other failures are not waited for', async () => {
  const inspector = brokers(new KafkaError('unreachable', 'no broker answers'));
  await expect(knownTopic(inspector, 'new')).rejects.toMatchObject({ code: 'unreachable' });
  expect(inspector.asked).toHaveLength(1);
});
