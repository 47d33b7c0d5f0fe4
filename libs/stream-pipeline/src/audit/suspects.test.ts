import type { ConsumedRecord, RecordBatch } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import type { ReadRecord } from './record-reader.ts';
import { keyHash } from './row-hash.ts';
import { lookAgain, type Suspect } from './suspects.ts';
import type { FoldedVersion } from './version-table.ts';

const settledUpTo = 10;
const hash = keyHash([Buffer.from('key')]);

function version(offset: number, kind: 'upsert' | 'delete' = 'upsert'): FoldedVersion {
  return { kind, writeTimestamp: offset, order: offset, partition: 0, offset, digest: BigInt(offset) };
}

/** A row as the version with that number leaves it. */
function rowOf(number: number) {
  const state = { digest: BigInt(number), oldest: number, newest: number };
  return { keyText: 'key', state };
}

const recordAt = (offset: number): ConsumedRecord => ({
  topic: 'items',
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
});

/** The suspects that are left after records at these offsets, of which some have letters or are deletes. */
async function left(
  suspect: Omit<Suspect, 'hash'>,
  offsets: readonly number[],
  { letters = [], deletes = [] }: { letters?: readonly number[]; deletes?: readonly number[] } = {},
): Promise<number> {
  const asked: boolean[] = [];
  async function* read(): AsyncGenerator<RecordBatch> {
    const records = offsets.map(recordAt);
    yield await Promise.resolve({
      topic: 'items',
      partition: 0,
      records,
      nextOffset: 0,
      lastStableOffset: 0,
      highWatermark: 0,
    });
  }
  const found = await lookAgain(
    [{ hash, ...suspect }],
    { hasOptional: letters.length > 0 },
    {
      scope: {
        isSettled: ({ offset }) => offset < settledUpTo,
        rangesUpToNow: ({ fromStart }) => {
          asked.push(fromStart);
          return Promise.resolve(new Map());
        },
      },
      letters: { has: ({ offset }) => letters.includes(offset) },
      reader: {
        read: ({ offset }): ReadRecord<object> => {
          const kind = deletes.includes(offset) ? 'delete' : 'upsert';
          const folded = version(offset, kind);
          const decoded = { kind: 'upsert', identity: 'key', version: folded, row: {} } as const;
          return {
            kind: 'version',
            key: { values: [], token: 0 },
            hash,
            version: folded,
            decoded,
            cells: [],
          };
        },
      },
      read,
      onRecords: () => undefined,
    },
  );
  expect(asked).toEqual([letters.length > 0]);
  return found.length;
}

it('clears a row that a record past the settled ones explains', async () => {
  expect(await left({ version: version(5), row: rowOf(12) }, [11, 12, 13])).toBe(0);
  expect(await left({ version: undefined, row: rowOf(12) }, [12])).toBe(0);
  expect(await left({ version: version(5), row: null }, [12], { deletes: [12] })).toBe(0);
});

it('clears a row of a record that has a letter and was written all the same', async () => {
  expect(await left({ version: version(5), row: rowOf(7) }, [7], { letters: [7] })).toBe(0);
});

it('keeps what no record explains', async () => {
  expect(await left({ version: version(5), row: rowOf(12) }, [11, 13])).toBe(1);
  expect(await left({ version: version(5), row: null }, [11])).toBe(1);
});

it('keeps a row of an older record, and one of a settled record', async () => {
  // sent late, with a write timestamp from before the newest settled one
  expect(await left({ version: { ...version(5), writeTimestamp: 100 }, row: rowOf(12) }, [12])).toBe(1);
  expect(await left({ version: version(5), row: rowOf(7) }, [7])).toBe(1);
});
