import { WriteError } from '@sluice/cassandra-repository';
import type { ConsumedRecord } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import { RecordHeld, RecordRefusal } from '../errors.ts';
import type { Decoded } from '../options.ts';
import { RecordReader } from './record-reader.ts';

interface Item {
  readonly id: string;
  readonly amount: number;
}

const record: ConsumedRecord = {
  topic: 'items',
  partition: 3,
  offset: 42,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
};
const redriven = { writeTimestamp: 7, offset: 9 };

const rows = {
  keyOf: ({ id }: Partial<Item>) => ({ values: [Buffer.from(id ?? '')], token: 1 }),
  imageOf: ({ id, amount }: Item) => {
    if (amount < 0) throw new WriteError('unencodable-value', 'data', 'amount does not fit');
    return {
      key: { values: [Buffer.from(id)], token: 1 },
      cells: [Buffer.from(id), Buffer.from(String(amount))],
    };
  },
};

function reader(decode: () => Decoded<Item>): RecordReader<Item> {
  return new RecordReader<Item>({ decode }, rows);
}

const upsert = (amount: number): Decoded<Item> => ({
  kind: 'upsert',
  identity: 'a',
  version: redriven,
  row: { id: 'a', amount },
});

it('orders by the first offset of a redriven record, and remembers where the record is', () => {
  expect(reader(() => upsert(1)).read(record)).toMatchObject({
    kind: 'version',
    version: { kind: 'upsert', writeTimestamp: 7, order: 9, partition: 3, offset: 42 },
  });
});

it('gives a delete the key that the row has', async () => {
  const deletion = { kind: 'delete', identity: 'a', version: redriven, key: { id: 'a' } } as const;
  const [deleted, inserted] = await Promise.all([
    reader(() => deletion).read(record),
    reader(() => upsert(1)).read(record),
  ]);
  expect(deleted.kind === 'version' && deleted.hash).toEqual(inserted.kind === 'version' && inserted.hash);
});

it('waits for a record that is held', async () => {
  let answer: () => void = () => undefined;
  const until = new Promise<void>((done) => (answer = done));
  let isAnswered = false;
  const answeredAtTries: boolean[] = [];
  const reading = reader(() => {
    answeredAtTries.push(isAnswered);
    if (answeredAtTries.length === 1)
      throw new RecordHeld('registry-away', 'the registry is away', { until });
    return upsert(1);
  }).read(record);
  setImmediate(() => {
    isAnswered = true;
    answer();
  });
  expect(await reading).toMatchObject({ kind: 'version' });
  expect(answeredAtTries).toEqual([false, true]);
});

it('takes a record that the decoder refuses, or the table cannot hold, for one that needs a letter', () => {
  const refusing = reader(() => {
    throw new RecordRefusal('decode', 'bad-json', 'not JSON');
  });
  expect(refusing.read(record)).toMatchObject({
    kind: 'refused',
    refusal: { stage: 'decode', code: 'bad-json' },
  });
  expect(reader(() => upsert(-1)).read(record)).toMatchObject({
    kind: 'refused',
    refusal: { stage: 'write', code: 'unencodable-value' },
  });
});

it('takes a record whose decoding fails, or that could not be read, for one that needs a letter', () => {
  const broken = reader(() => {
    throw new RangeError('too long');
  });
  expect(broken.read(record)).toMatchObject({
    kind: 'refused',
    refusal: { stage: 'decode', code: 'decode-failed' },
  });
  const unreadable = { code: 'bad-batch', message: 'm', lastOffset: 9, count: 5, maxTimestamp: 7 } as const;
  const decoding = reader(() => expect.fail('what could not be read is not decoded'));
  expect(decoding.read({ ...record, unreadable })).toMatchObject({
    kind: 'refused',
    refusal: { stage: 'source', code: 'bad-batch' },
  });
});
