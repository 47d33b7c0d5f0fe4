import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  type ConsumedRecord,
  type DeadLetter,
  DeadLetterQueue,
  isOriginalOf,
  type KafkaClient,
  lastHeader,
} from '../../src/index.ts';
import { withTopic } from '../kafka.ts';

const MiB = 1024 * 1024;
const limit = { 'max.message.bytes': String(100_000), 'compression.type': 'producer' };

function letter(offset: number, content: Partial<ConsumedRecord>): DeadLetter {
  const place = { topic: 'users', partition: 0, offset, timestamp: 1_700_000_000_000 };
  return {
    record: { ...place, key: Buffer.from('key'), value: null, headers: [], ...content },
    stage: 'decode',
    error: { code: 'bad-json', message: 'the value is not valid JSON' },
  };
}

async function read(kafka: KafkaClient, topic: string): Promise<ConsumedRecord[]> {
  const admin = await kafka.admin();
  const offsets = await admin.offsets(topic).finally(() => admin.close());
  const ranges = new Map(offsets.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]));
  const records: ConsumedRecord[] = [];
  for await (const batch of kafka.read({ topic, ranges })) records.push(...batch.records);
  return records;
}

async function send(kafka: KafkaClient, topic: string, letters: readonly DeadLetter[]): Promise<void> {
  const producer = await kafka.producer();
  const queue = new DeadLetterQueue({ topic, producer, pipeline: 'users-writer' });
  await queue.send(letters).finally(() => producer.close());
}

const header = ({ headers }: ConsumedRecord, name: string) => lastHeader(headers, name)?.toString();
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

it('a dead letter that its topic takes only compressed arrives whole, and those sent with it once', () =>
  withTopic(
    async (topic, kafka) => {
      const large = letter(1, {
        value: Buffer.alloc(20 * MiB, 'a user, and another one; '),
        headers: [['trace', Buffer.from([0, 255])]],
      });
      await send(kafka, topic, [letter(0, {}), large, letter(2, {})]);
      const records = await read(kafka, topic);
      const byOffset = new Map(records.map((record) => [header(record, 'dlq.source.offset'), record]));
      expect([...byOffset.keys()].sort()).toEqual(['0', '1', '2']);
      expect(records).toHaveLength(3);
      const whole = byOffset.get('1')!;
      expect(digest(whole.value!)).toBe(digest(large.record.value!));
      expect(whole.headers[0]).toEqual(large.record.headers[0]);
      expect(header(whole, 'dlq.shortened')).toBeUndefined();
    },
    { config: limit },
  ));

it('what is too large compressed as well is shortened: value, key and headers, with their lengths and digests', () =>
  withTopic(
    async (topic, kafka) => {
      const noise = () => randomBytes(200_000);
      const sluice = ['sluice.write-timestamp', Buffer.from('1700000000000000')] as const;
      const headers = [
        ['trace', noise()],
        ['sluice.source-offset', noise()],
        ['empty', null],
        sluice,
      ] as const;
      const letters = [
        letter(0, { value: noise(), headers: [['trace', null]] }),
        letter(1, { value: noise(), key: noise() }),
        letter(2, { value: noise(), key: noise(), headers }),
        letter(3, { key: noise() }),
        letter(4, { value: Buffer.from('short'), headers }),
      ];
      await send(kafka, topic, letters);
      const records = await read(kafka, topic);
      expect(records.map((record) => header(record, 'dlq.shortened'))).toEqual([
        'value',
        'value,key',
        'value,key,headers',
        'value,key',
        'value,key,headers',
      ]);
      records.forEach((record, i) => {
        const { key, value } = letters[i]!.record;
        expect(record.value).toEqual(value?.subarray(0, 1_024) ?? null);
        expect(header(record, 'dlq.value.length')).toBe(value ? String(value.length) : undefined);
        expect(header(record, 'dlq.value.sha256')).toBe(value ? digest(value) : undefined);
        if (i > 0) expect(record.key).toEqual(key!.subarray(0, 1_024));
        expect(header(record, 'dlq.key.length')).toBe(i > 0 ? String(key!.length) : undefined);
        expect(header(record, 'dlq.key.sha256')).toBe(i > 0 ? digest(key!) : undefined);
        expect(header(record, 'dlq.source.offset')).toBe(String(i));
        for (const [other, { record: original }] of letters.entries())
          expect(isOriginalOf(record, original)).toBe(other === i);
      });
      expect(records[0]!.headers[0]).toEqual(['trace', null]);
      const encoded = Buffer.concat([
        ...headers.flatMap(([name, value]) => [
          varint(name.length),
          Buffer.from(name),
          varint(value?.length ?? -1),
          value ?? Buffer.alloc(0),
        ]),
      ]);
      const own = records[2]!.headers.filter(([name]) => !name.startsWith('dlq.'));
      expect(own).toEqual([sluice]);
      expect(header(records[2]!, 'dlq.headers.count')).toBe('4');
      expect(header(records[2]!, 'dlq.headers.length')).toBe(String(encoded.length));
      expect(header(records[2]!, 'dlq.headers.sha256')).toBe(digest(encoded));
    },
    { config: limit },
  ));

it('what is in no other topic is never shortened', () =>
  withTopic(
    async (topic, kafka) => {
      const source = letter(1, { partition: -1, value: randomBytes(200_000) });
      await expect(send(kafka, topic, [letter(0, {}), source])).rejects.toMatchObject({
        name: 'LettersRefusedError',
        code: 'record-refused',
        refused: [source],
      });
      expect(await read(kafka, topic)).toHaveLength(1);
    },
    { config: limit },
  ));

it('a dead letter without a key that a compacted topic refuses names compaction', () =>
  withTopic(
    async (topic, kafka) => {
      const keyless = letter(1, { key: null });
      await expect(send(kafka, topic, [letter(0, {}), keyless])).rejects.toMatchObject({
        code: 'compacted-topic',
        message: expect.stringContaining('cleanup.policy') as string,
        refused: [keyless],
      });
      expect(await read(kafka, topic)).toHaveLength(1);
    },
    { config: { 'cleanup.policy': 'compact' } },
  ));

/** Zigzag, as lengths in a record are. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
