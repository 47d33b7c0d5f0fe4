import { describe, expect, it } from 'vitest';
import { batch, record, varint } from '../test/record-batch.ts';
import { readRecordBatches } from './record-batches.ts';

describe('readRecordBatches', () => {
  it('reads offsets, timestamps, keys, values and headers in their order', async () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.alloc(0)],
      ['é', Buffer.from([0])],
    ] as const;
    const records = await readRecordBatches(
      batch([
        record({ key: Buffer.from('k'), value: Buffer.from('v'), headers }),
        record({ timestampDelta: -5, offsetDelta: 300, key: Buffer.alloc(0) }),
      ]),
    );
    expect(
      records.map(({ offset, timestamp, key, value, headers }) => [offset, timestamp, key, value, headers]),
    ).toEqual([
      [1_000, 1_700_000_000_000, Buffer.from('k'), Buffer.from('v'), headers],
      [1_300, 1_699_999_999_995, Buffer.alloc(0), null, []],
    ]);
  });

  it('gives every record of a topic with LogAppendTime the time of its batch', async () => {
    const [one] = await readRecordBatches(batch([record({ timestampDelta: 3 })], { attributes: 0x08 }));
    expect(one?.timestamp).toBe(1_700_000_009_999);
  });

  it('tells control records and those of transactions', async () => {
    const records = await readRecordBatches(
      Buffer.concat([batch([record({})], { attributes: 0x10 }), batch([record({})], { attributes: 0x30 })]),
    );
    expect(records.map(({ isControlRecord, batchContext }) => [isControlRecord, batchContext])).toEqual([
      [false, { producerId: '77', inTransaction: true, isControlBatch: false }],
      [true, { producerId: '77', inTransaction: true, isControlBatch: true }],
    ]);
  });

  it('knows where a batch ends whose last records were compacted away, or all of them', async () => {
    const compacted = await readRecordBatches(batch([record({})], { lastOffsetDelta: 9 }));
    expect([compacted.length, compacted.nextOffset]).toEqual([1, 1_010]);
    const empty = await readRecordBatches(batch([], { lastOffsetDelta: 4 }));
    expect([empty.length, empty.nextOffset]).toEqual([0, 1_005]);
  });

  it('leaves a batch that is cut off to the next fetch, wherever it is cut', async () => {
    const whole = batch([record({ value: Buffer.from('first') })]);
    const next = batch([record({ value: Buffer.from('second') })]);
    for (let length = 0; length < next.length; length++) {
      const records = await readRecordBatches(Buffer.concat([whole, next.subarray(0, length)]));
      expect([records.length, records.nextOffset], String(length)).toEqual([1, 1_001]);
    }
  });

  it.each([
    ['ends before its count of records', batch([record({})], { count: 2 })],
    ['has a record longer than itself', batch([varint(50)])],
    [
      'has a value longer than its record',
      batch([Buffer.concat([varint(5), Buffer.from([0, 0, 0]), varint(-1), varint(60)])]),
    ],
    ['has an integer without end', batch([Buffer.alloc(30, 0xff)])],
    ['has more records than it counts', batch([record({}), record({})], { count: 1 })],
    ['counts fewer records than none', batch([record({})], { count: -1 })],
    [
      'has a record with fewer headers than none',
      batch([Buffer.concat([varint(6), Buffer.from([0, 0, 0, 1, 1]), varint(-1)])]),
    ],
    ['is of a codec that is not known', batch([record({})], { attributes: 7 })],
    ['is not gzip', batch([record({})], { attributes: 1 })],
    ['is not Snappy', batch([record({})], { attributes: 2 })],
    ['is not LZ4', batch([record({})], { attributes: 3 })],
    ['is not zstd', batch([record({})], { attributes: 4 })],
    ['has another checksum than its header says', withBit(batch([varint(50)]), 24)],
  ])('takes a batch that %s for one unreadable range, and nothing of it for records', async (_, bytes) => {
    const records = await readRecordBatches(Buffer.concat([batch([record({})]), bytes]));
    expect(records.map(({ offset }) => offset)).toEqual([1_000]);
    const slices = [];
    for await (const { records: some, nextOffset } of records.large?.slices({ from: 0, limit: 1e6 }) ?? [])
      slices.push([some.map(({ offset, unreadable }) => [offset, unreadable?.code]), nextOffset]);
    expect(slices).toEqual([[[[1_000, 'bad-batch']], records.nextOffset]]);
  });

  it('refuses an answer with a batch shorter than its header, which would be read without end', async () => {
    const bytes = batch([record({})]);
    bytes.writeInt32BE(-12, 8);
    await expect(readRecordBatches(bytes)).rejects.toThrow('shorter than its header');
  });
});

function withBit(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}
