import { describe, expect, it } from 'vitest';
import { readRecordBatches } from './record-batches.ts';

/** A zigzag varint. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function nullable(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

interface Written {
  readonly timestampDelta?: number;
  readonly offsetDelta?: number;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

function record({
  timestampDelta = 0,
  offsetDelta = 0,
  key = null,
  value = null,
  headers = [],
}: Written): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    nullable(key),
    nullable(value),
    varint(headers.length),
    ...headers.flatMap(([name, bytes]) => [nullable(Buffer.from(name)), nullable(bytes)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function batch(
  records: readonly Buffer[],
  { attributes = 0, lastOffsetDelta = Math.max(0, records.length - 1), count = records.length } = {},
): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(61), ...records]);
  bytes.writeBigInt64BE(1_000n, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(lastOffsetDelta, 23);
  bytes.writeBigInt64BE(1_700_000_000_000n, 27);
  bytes.writeBigInt64BE(1_700_000_009_999n, 35);
  bytes.writeBigInt64BE(77n, 43);
  bytes.writeInt32BE(count, 57);
  return bytes;
}

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
  ])('fails on a batch that %s, rather than read on', async (_, bytes) => {
    await expect(readRecordBatches(bytes)).rejects.toThrow('does not have the form of one');
  });
});
