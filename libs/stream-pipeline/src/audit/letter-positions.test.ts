import { deadLetterHeaders, type ConsumedRecord } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import { LetterPositions } from './letter-positions.ts';

function letter(partition: number, offset: number, { topic = 'users', timestamp = 0 } = {}): ConsumedRecord {
  const headers = [
    [deadLetterHeaders.sourceTopic, Buffer.from(topic)],
    [deadLetterHeaders.sourcePartition, Buffer.from(String(partition))],
    [deadLetterHeaders.sourceOffset, Buffer.from(String(offset))],
  ] as const;
  return { topic: 'users.dlq', partition: 0, offset: 0, timestamp, key: null, value: null, headers };
}

async function* batches(...records: ConsumedRecord[]) {
  yield await Promise.resolve({ partition: 0, records });
}

function partition(begin: number, end: number) {
  return [{ partition: 0, begin, end }];
}

it('knows each position once, of its topic alone', async () => {
  const offsets = Array.from({ length: 200 }, (_, i) => (i * 37) % 200);
  const letters = await LetterPositions.of(
    batches(
      ...offsets.map((offset) => letter(1, offset * 2)),
      letter(1, 4),
      letter(2, 9),
      letter(1, 5, { topic: 'orders' }),
    ),
    partition(0, 203),
    { sourceTopic: 'users' },
  );
  expect(letters.count).toBe(201);
  expect([0, 4, 398].every((offset) => letters.has(1, offset))).toBe(true);
  expect(letters.has(2, 9)).toBe(true);
  expect([letters.has(1, 5), letters.has(1, 400), letters.has(2, 4), letters.has(3, 0)]).toEqual(
    Array(4).fill(false),
  );
});

it('leaves out letters of records that never were in the topic', async () => {
  const { headers, ...record } = letter(0, 0);
  const ofTheSource = { ...record, headers: headers.slice(0, 1) };
  const letters = await LetterPositions.of(batches(ofTheSource), partition(0, 1), { sourceTopic: 'users' });
  expect(letters.count).toBe(0);
});

it('tells up to when letters may have expired', async () => {
  const some = () => batches(letter(0, 1, { timestamp: 500 }), letter(0, 2, { timestamp: 900 }));
  const of = async (begin: number, read = some()) =>
    (await LetterPositions.of(read, partition(begin, 9), { sourceTopic: 'users' })).goneUntil;
  expect(await of(0)).toBe(-Infinity);
  expect(await of(7)).toBe(500);
  expect(await of(9, batches())).toBe(Infinity);
});
