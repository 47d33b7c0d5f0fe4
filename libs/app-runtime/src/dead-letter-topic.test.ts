import { expect, it } from 'vitest';
import { deadLetterTopic, deadLetterTopicProblems } from './dead-letter-topic.ts';

it('is the topic with .dlq behind it, or the one that is set', () => {
  expect(deadLetterTopic({ KAFKA_TOPIC: 'a' })).toBe('a.dlq');
  expect(deadLetterTopic({ KAFKA_TOPIC: 'a', KAFKA_DLQ_TOPIC: 'b' })).toBe('b');
  expect(deadLetterTopicProblems({ KAFKA_TOPIC: 'a', KAFKA_DLQ_TOPIC: 'b' })).toEqual([]);
  expect(deadLetterTopicProblems({ KAFKA_TOPIC: 'a', KAFKA_DLQ_TOPIC: 'a' })).toEqual([
    'KAFKA_DLQ_TOPIC: needs another topic than KAFKA_TOPIC',
  ]);
});

it('is a problem where no topic can have the name that it gets', () => {
  expect(deadLetterTopicProblems({ KAFKA_TOPIC: 't'.repeat(245) })).toEqual([]);
  expect(deadLetterTopicProblems({ KAFKA_TOPIC: 't'.repeat(246) })).toEqual([
    'KAFKA_DLQ_TOPIC: needed with this KAFKA_TOPIC, whose name with .dlq behind it has more than 249 characters',
  ]);
  expect(deadLetterTopicProblems({ KAFKA_TOPIC: 't'.repeat(249), KAFKA_DLQ_TOPIC: 'letters' })).toEqual([]);
});
