import { expect, it } from 'vitest';
import { type DeadLetter, DeadLetterQueue } from './dead-letter-queue.ts';
import { RecordsRefusedError } from './delivery-errors.ts';
import { KafkaError } from './errors.ts';
import type { ProducerRecord } from './record.ts';
import type { RecordProducer } from './record-producer.ts';

it('a letter keeps the record byte for byte and says where it came from and why', async () => {
  const sent: { topic: string; records: readonly ProducerRecord[] }[] = [];
  const producer = {
    send: (topic: string, records: readonly ProducerRecord[]) => {
      sent.push({ topic, records });
      return Promise.resolve();
    },
  } as unknown as RecordProducer;
  const letters = new DeadLetterQueue({ topic: 'users.dlq', producer, pipeline: 'users-writer' });
  const record = {
    topic: 'users',
    topicId: 'FIbgPJ2dRkupAjfTlu1Z-_',
    partition: 3,
    offset: 42,
    timestamp: 1_700_000_000_000,
    key: Buffer.from([0, 255]),
    value: null,
    headers: [
      ['trace', Buffer.from([1, 2])],
      ['dlq.stage', Buffer.from('of an earlier letter')],
      ['trace', null],
    ],
  } as const;
  await letters.send([
    { record, stage: 'decode', error: { code: 'not-json', message: 'the value is not JSON' } },
  ]);

  expect(sent).toHaveLength(1);
  expect(sent[0]!.topic).toBe('users.dlq');
  const [letter] = sent[0]!.records;
  expect(letter).toMatchObject({ key: record.key, value: null });
  const headers = letter!.headers!;
  expect(headers.slice(0, 3)).toEqual(record.headers);
  expect(headers.slice(3).map(([name, value]) => [name, value?.toString()])).toEqual([
    ['dlq.stage', 'decode'],
    ['dlq.error.code', 'not-json'],
    ['dlq.error.message', 'the value is not JSON'],
    ['dlq.source.topic', 'users'],
    ['dlq.source.topic.id', 'FIbgPJ2dRkupAjfTlu1Z-_'],
    ['dlq.source.partition', '3'],
    ['dlq.source.offset', '42'],
    ['dlq.source.timestamp', '1700000000000'],
    ['dlq.pipeline', 'users-writer'],
  ]);
});

it('a dead letter of a broker without topic ids has no header for one', async () => {
  const sent: ProducerRecord[] = [];
  const producer = {
    send: (_: string, records: readonly ProducerRecord[]) => Promise.resolve(sent.push(...records)),
  } as unknown as RecordProducer;
  const queue = new DeadLetterQueue({ topic: 'users.dlq', producer, pipeline: 'users-writer' });
  const record = {
    topic: 'users',
    partition: 0,
    offset: 1,
    timestamp: 1,
    key: null,
    value: null,
    headers: [],
  } as const;
  await queue.send([{ record, stage: 'decode', error: { code: 'bad-json', message: 'refused' } }]);
  expect(sent[0]!.headers!.map(([name]) => name)).not.toContain('dlq.source.topic.id');
});

it('tells which letters were refused, since those beside them are acknowledged', async () => {
  const error = new KafkaError('record-refused', 'too large');
  const producer = {
    send: (_: string, records: readonly ProducerRecord[]) =>
      Promise.reject(new RecordsRefusedError([{ record: records[1]!, error }])),
  } as unknown as RecordProducer;
  const queue = new DeadLetterQueue({ topic: 'users.dlq', producer, pipeline: 'users-writer' });
  const letters = [1, 2, 3].map((offset): DeadLetter => ({
    record: { topic: 'users', partition: 0, offset, timestamp: 1, key: null, value: null, headers: [] },
    stage: 'decode',
    error: { code: 'not-json', message: 'the value is not JSON' },
  }));
  await expect(queue.send(letters)).rejects.toMatchObject({
    name: 'LettersRefusedError',
    code: 'record-refused',
    refused: [letters[1]],
  });
});
