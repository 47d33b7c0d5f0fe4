import { type ConsumedRecord, KafkaError, type RecordBatch } from '@sluice/kafka-client';
import { expect, it, vi } from 'vitest';
import { type FoldOptions, foldWindow } from './key-fold.ts';
import type { ReadRecord } from './record-reader.ts';
import { Ring, ringSize } from './ring.ts';
import { keyHash } from './row-hash.ts';
import { VersionTable } from './version-table.ts';

type Row = Record<string, unknown>;

const wholeRing = { first: 0, last: ringSize - 1 };

function record(offset: number, key: number | 'refused', timestamp = 1_000): ConsumedRecord {
  const bytes = Buffer.from(String(key));
  return { topic: 'items', partition: 0, offset, timestamp, key: bytes, value: bytes, headers: [] };
}

function hashOf(key: number): Buffer {
  return keyHash([Buffer.from(String(key))]);
}

/** Keys are numbers, spread over the ring in their order: key 0 is at its begin, key 100 at its end. */
function read({ key, partition, offset }: ConsumedRecord): ReadRecord<Row> {
  const text = key?.toString() ?? '';
  if (text === 'refused')
    return { kind: 'refused', refusal: { stage: 'decode', code: 'bad-json', message: '' } };
  const token = Math.floor((Number(text) / 100) * (ringSize - 1)) - 2 ** 31;
  const version = {
    kind: 'upsert',
    writeTimestamp: offset,
    order: offset,
    partition,
    offset,
    digest: 0n,
  } as const;
  const decoded = { kind: 'upsert', identity: text, version, row: {} } as const;
  return {
    kind: 'version',
    key: { values: [], token },
    hash: hashOf(Number(text)),
    version,
    decoded,
    cells: [],
  };
}

async function* batch(records: readonly ConsumedRecord[]): AsyncGenerator<RecordBatch> {
  yield await Promise.resolve({
    topic: 'items',
    partition: 0,
    records,
    nextOffset: 0,
    lastStableOffset: 0,
    highWatermark: 0,
  });
}

function options(
  records: readonly ConsumedRecord[],
  given: Partial<FoldOptions<Row>> = {},
): FoldOptions<Row> {
  return {
    scope: { settledRanges: new Map(), beginsLate: () => false, refresh: () => Promise.resolve() },
    ring: new Ring(),
    letters: { has: () => false },
    reader: { read },
    read: () => batch(records),
    onRecords: () => undefined,
    ...given,
  };
}

it('folds to the newest version of each key', async () => {
  const versions = new VersionTable(10);
  const records = [record(0, 1), record(1, 2), record(2, 1)];
  expect(await foldWindow(versions, wholeRing, options(records))).toMatchObject({
    last: ringSize - 1,
    refused: 0,
    hasOptional: false,
  });
  expect([hashOf(1), hashOf(2)].map((key) => versions.see(key)?.offset)).toEqual([2, 1]);
});

it('makes the window smaller when there are more keys than fit, and keeps all in it', async () => {
  const versions = new VersionTable(20);
  const records = Array.from({ length: 100 }, (_, key) => record(key, (key * 37) % 100));
  const { last } = await foldWindow(versions, wholeRing, options(records));
  const fitting = (last / ringSize) * 100;
  expect(fitting).toBeGreaterThan(15);
  expect(fitting).toBeLessThan(21);
  for (let key = 0; key < 100; key++) expect(versions.see(hashOf(key)) !== undefined).toBe(key < fitting);
});

it('takes only the keys of its window', async () => {
  const versions = new VersionTable(100);
  const records = Array.from({ length: 100 }, (_, key) => record(key, key));
  await foldWindow(versions, { first: ringSize / 4, last: ringSize / 2 - 2 }, options(records));
  for (let key = 0; key < 100; key++)
    expect(versions.see(hashOf(key)) !== undefined).toBe(key >= 26 && key < 50);
});

it('says so when not even one place of the ring fits', async () => {
  const records = [record(0, 1), record(1, 2)];
  const window = { first: 0, last: 0 };
  const same = {
    read: (one: ConsumedRecord) => {
      const found = read(one);
      return found.kind === 'version' ? { ...found, key: { values: [], token: -(2 ** 31) } } : found;
    },
  };
  await expect(
    foldWindow(new VersionTable(1), window, options(records, { reader: same })),
  ).rejects.toMatchObject({ code: 'too-many-keys' });
});

it('leaves out records with a letter, and tells of those that need one and have none', async () => {
  const versions = new VersionTable(10);
  const onUnaccounted = vi.fn(() => Promise.resolve());
  const records = [record(0, 1), record(1, 1), record(2, 'refused'), record(3, 'refused')];
  const letters = { has: ({ offset }: ConsumedRecord) => offset === 1 || offset === 2 };
  expect(await foldWindow(versions, wholeRing, options(records, { letters, onUnaccounted }))).toMatchObject({
    refused: 2,
    hasOptional: true,
  });
  expect(versions.see(hashOf(1))?.offset).toBe(0);
  expect(onUnaccounted.mock.calls).toEqual([[records[3], expect.objectContaining({ code: 'bad-json' })]]);
});

it('tells up to when keys may have had records that are gone', async () => {
  const scope = { settledRanges: new Map(), beginsLate: () => true, refresh: () => Promise.resolve() };
  const records = [record(7, 1, 2_000), record(8, 2, 1_000)];
  const { goneUntil } = await foldWindow(new VersionTable(10), wholeRing, options(records, { scope }));
  expect([...goneUntil]).toEqual([[0, 2_000_000 + 3_600_000_000]]);
});

it('begins anew with what retention has left', async () => {
  const versions = new VersionTable(10);
  const refresh = vi.fn(() => Promise.resolve());
  let reads = 0;
  const readRecords = async function* () {
    yield* batch([record(0, 1)]);
    if (reads++ === 0) throw new KafkaError('offset-out-of-range', 'gone');
  };
  const scope = { settledRanges: new Map(), beginsLate: () => false, refresh };
  const folded = await foldWindow(versions, wholeRing, options([], { scope, read: readRecords }));
  expect(folded.last).toBe(ringSize - 1);
  expect(refresh).toHaveBeenCalledOnce();
  expect(versions.size).toBe(1);
});
