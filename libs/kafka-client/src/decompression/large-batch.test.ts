import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { compressFrame } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { batch, encodedHeaders, record, varint } from '../../test/record-batch.ts';
import { toSnappyStream } from '../compression.ts';
import { compressionTypes } from '../compression-types.ts';
import { FetchAllowance, readRecordBatches } from '../record-batches.ts';
import type { FetchedRecord } from '../record-view.ts';
import { readBatchHeader } from '../record-batch-header.ts';
import { LargeBatch } from './large-batch.ts';
import { lz4Blocks } from './lz4-frame.ts';
import { largePartTurn } from './turn.ts';

const MiB = 1024 * 1024;
const limit = 2 * MiB;

type Codec = keyof typeof compressionTypes;
const compressors: Record<Codec, (bytes: Buffer) => Promise<Buffer>> = {
  none: (bytes) => Promise.resolve(bytes),
  gzip: promisify<Buffer, Buffer>(gzip),
  snappy: (bytes) => Promise.resolve(toSnappyStream(bytes)),
  lz4: (bytes) => compressFrame(bytes),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
};
const codecs = Object.keys(compressors) as Codec[];

async function compressed(codec: Codec, records: readonly Buffer[], edit = (body: Buffer) => body) {
  const body = edit(await compressors[codec](Buffer.concat(records)));
  return batch(records, { attributes: compressionTypes[codec], body });
}

function numbered(count: number, value: (i: number) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    record({ offsetDelta: i, key: Buffer.from(`k${i}`), value: value(i) }),
  );
}

interface Read {
  readonly slices: number;
  readonly most: number;
  readonly records: readonly Pick<FetchedRecord, 'offset' | 'key' | 'value' | 'headers' | 'unreadable'>[];
  readonly nextOffset: number | undefined;
}

async function slicesOf(bytes: Buffer, from = 0): Promise<Read> {
  const large = new LargeBatch(bytes, readBatchHeader(bytes), { topic: 't', partition: 3 });
  const read = {
    slices: 0,
    most: 0,
    records: [] as FetchedRecord[],
    nextOffset: undefined as number | undefined,
  };
  for await (const { records, nextOffset } of large.slices({ from, limit })) {
    read.slices += 1;
    read.most = Math.max(read.most, records.length);
    read.records.push(...records);
    read.nextOffset = nextOffset;
  }
  return read;
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const text = ({ headers }: Pick<FetchedRecord, 'headers'>) =>
  Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));

describe.each(codecs)('a batch of %s that must not be in memory as a whole', (codec) => {
  it('is read in slices, with every record as it is, from any offset', async () => {
    const values = (i: number) => Buffer.alloc(700 + (i % 600), `value ${i} `);
    const bytes = await compressed(codec, numbered(3_000, values));
    const all = await slicesOf(bytes);
    expect(all.slices).toBeGreaterThan(5);
    expect([all.records.length, all.nextOffset]).toEqual([3_000, 4_000]);
    all.records.forEach(({ offset, key, value }, i) => {
      if (offset !== 1_000 + i || String(key) !== `k${i}` || !value?.equals(values(i)))
        expect.fail(`record ${i}`);
    });
    const rest = await slicesOf(bytes, 3_990);
    expect(rest.records.map(({ offset }) => offset)).toEqual([...Array(10).keys()].map((i) => 3_990 + i));
  });

  it('gives a record above the limit shortened, and those around it whole', async () => {
    const value = Buffer.alloc(limit + 5, 'too large ');
    const headers = [['source', Buffer.from('test')]] as const;
    const records = [
      record({ value: Buffer.from('before') }),
      record({ offsetDelta: 1, key: Buffer.from('k'), value, headers }),
      record({ offsetDelta: 2, value: Buffer.alloc(1.5 * MiB, 'x') }),
      record({ offsetDelta: 3, value: Buffer.from('after') }),
    ];
    const { records: read, nextOffset } = await slicesOf(await compressed(codec, records));
    expect(read.map(({ offset, unreadable }) => [offset, unreadable?.code])).toEqual([
      [1_000, undefined],
      [1_001, 'record-too-large'],
      [1_002, undefined],
      [1_003, undefined],
    ]);
    expect(read[1]?.value).toEqual(value.subarray(0, 1_024));
    expect(String(read[1]?.key)).toBe('k');
    expect(text(read[1] as FetchedRecord)).toEqual({
      source: 'test',
      'dlq.shortened': 'value',
      'dlq.value.length': String(value.length),
      'dlq.value.sha256': digest(value),
    });
    expect(read[2]?.value?.length).toBe(1.5 * MiB);
    expect(nextOffset).toBe(1_004);
  });

  it('has one range for what comes after a malformed record', async () => {
    const records = [
      ...numbered(3, () => Buffer.from('good')),
      Buffer.concat([varint(200), Buffer.alloc(3)]),
    ];
    const { records: read, nextOffset } = await slicesOf(await compressed(codec, records));
    expect(read.map(({ offset, unreadable }) => [offset, unreadable?.code])).toEqual([
      [1_000, undefined],
      [1_001, undefined],
      [1_002, undefined],
      [1_003, 'bad-batch'],
    ]);
    expect([read[3]?.unreadable?.lastOffset, nextOffset]).toEqual([1_003, 1_004]);
  });
});

describe('a batch above the limit', () => {
  it.each(codecs.filter((codec) => codec !== 'none'))(
    'of %s is not decompressed as a whole by a fetch',
    async (codec) => {
      const bytes = await compressed(codec, [record({ value: Buffer.alloc(17 * MiB, 'bomb ') })]);
      expect((await readRecordBatches(bytes)).large).toBeDefined();
    },
  );

  it('takes memory of one slice, whatever it decompresses to', async () => {
    const many = numbered(20_000, () => Buffer.alloc(1_000));
    const bytes = await compressed('zstd', many);
    many.length = 0;
    const large = new LargeBatch(bytes, readBatchHeader(bytes), { topic: 't', partition: 0 });
    let count = 0;
    let most = 0;
    for await (const { records } of large.slices({ from: 0, limit })) {
      count += records.length;
      most = Math.max(
        most,
        records.reduce((sum, { size = 0 }) => sum + size, 0),
      );
    }
    expect([count, most < MiB]).toEqual([20_000, true]);
  });

  it('is one range where it is a single block of Snappy', async () => {
    const noise = Buffer.alloc(limit + 10, 'snappy, a block of it; ');
    const bytes = batch([record({}), record({})], {
      attributes: compressionTypes.snappy,
      body: compressSync(noise),
    });
    const { records } = await slicesOf(bytes);
    expect(records.map(({ offset, unreadable }) => [offset, unreadable?.code, unreadable?.count])).toEqual([
      [1_000, 'batch-too-large', 2],
    ]);
    expect(text(records[0] as FetchedRecord)).toEqual({
      'dlq.source.last.offset': '1001',
      'dlq.source.count': '2',
    });
  });
});

it('a key and headers that are too large are shortened as well, and the headers of Sluice kept', async () => {
  const key = Buffer.alloc(limit, 'key ');
  const headers = [
    ['large', Buffer.alloc(100_000, 'h')],
    ['sluice.write-timestamp', Buffer.from('12345')],
  ] as const;
  const [read] = (
    await slicesOf(await compressed('gzip', [record({ key, value: Buffer.from('v'), headers })]))
  ).records;
  expect(read?.key).toEqual(key.subarray(0, 1_024));
  expect(text(read as FetchedRecord)).toEqual({
    'sluice.write-timestamp': '12345',
    'dlq.shortened': 'value,key,headers',
    'dlq.value.length': '1',
    'dlq.value.sha256': digest(Buffer.from('v')),
    'dlq.key.length': String(key.length),
    'dlq.key.sha256': digest(key),
    'dlq.headers.length': String(encodedHeaders(headers).length),
    'dlq.headers.sha256': digest(encodedHeaders(headers)),
    'dlq.headers.count': '2',
  });
});

it('lengths that headers claim take no memory by themselves', async () => {
  const claims = [
    // Snappy: 4 GiB in one byte, bare and in the stream format
    ['snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])],
    [
      'snappy',
      Buffer.concat([
        toSnappyStream(Buffer.alloc(1)).subarray(0, 16),
        Buffer.from([0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
      ]),
    ],
    // LZ4: a content size of 2^63, and no block
    ['lz4', Buffer.from('04224d186c70ffffffffffffff7f0000000000', 'hex')],
    // zstd: a window and a content of 2^40
    ['zstd', Buffer.from('28b52ffdc0ff00000000000100', 'hex')],
    // a record of 2^40 bytes
    ['none', Buffer.concat([varint(2 ** 40), Buffer.alloc(20)])],
  ] as const;
  const before = process.memoryUsage();
  for (const [codec, body] of claims) {
    const bytes = batch([], {
      attributes: compressionTypes[codec],
      body,
      count: 2 ** 31 - 1,
      lastOffsetDelta: 2 ** 31 - 2,
    });
    const { large } = await readRecordBatches(bytes);
    const codes = [];
    for await (const { records } of large?.slices({ from: 0, limit }) ?? [])
      codes.push(...records.map(({ unreadable }) => unreadable?.code));
    expect(codes, codec).toEqual(['bad-batch']);
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  expect(arrayBuffers - before.arrayBuffers).toBeLessThan(8 * MiB);
  expect(heapUsed - before.heapUsed).toBeLessThan(32 * MiB);
});

it('what all partitions of one answer decompress to is bounded', async () => {
  const allowance = new FetchAllowance();
  const bytes = await compressed('zstd', [record({ value: Buffer.alloc(10 * MiB) })]);
  const whole = [];
  for (let partition = 0; partition < 4; partition++)
    whole.push((await readRecordBatches(bytes, allowance)).large === undefined);
  expect(whole).toEqual([true, true, false, false]);
});

it('only one large record is in memory, and others wait for it', async () => {
  const bytes = await compressed('zstd', [record({ value: Buffer.alloc(1.5 * MiB) })]);
  const open = () =>
    new LargeBatch(bytes, readBatchHeader(bytes), { topic: 't', partition: 0 }).slices({ from: 0, limit });
  const first = open();
  await first.next();
  let taken = false;
  const second = open();
  const secondTakes = second.next().then(() => (taken = true));
  const third = largePartTurn.take(AbortSignal.timeout(20));
  expect(await third).toBeUndefined();
  expect(taken).toBe(false);
  await first.return();
  await secondTakes;
  await second.return();
});

it('LZ4 frames with linked blocks are read', () => {
  // lz4 -BD of "abcdefgh" repeated, in two blocks of which the second refers to the first
  const first = Buffer.from([
    0x8f,
    ...Buffer.from('abcdefgh'),
    8,
    0,
    0xff,
    0xff,
    0x00,
    0x50,
    ...Buffer.from('defgh'),
  ]);
  const second = Buffer.from([0x4f, ...Buffer.from('abcd'), 8, 0, 0x10, 0x50, ...Buffer.from('mnopq')]);
  const size = (block: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    return length;
  };
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0]);
  const frame = Buffer.concat([header, size(first), first, size(second), second, Buffer.alloc(4)]);
  const blocks = [...lz4Blocks(frame)].map(String);
  expect(blocks[0]).toMatch(/^(abcdefgh)+/);
  // the last bytes of the first block are within reach of the match in the second
  expect(blocks[1]?.slice(0, 4)).toBe('abcd');
  expect(blocks[1]).toHaveLength(4 + 4 + 15 + 0x10 + 5);
  expect(blocks[1]?.slice(4, 8)).toBe(blocks[0]?.slice(-4));
});
