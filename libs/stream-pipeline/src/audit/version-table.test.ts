import { expect, it } from 'vitest';
import { keyHash, rowDigest } from './row-hash.ts';
import { type FoldedVersion, VersionTable } from './version-table.ts';

function key(number: number): Buffer {
  return keyHash([Buffer.from(String(number))]);
}

function version(writeTimestamp: number, order = 0): FoldedVersion {
  return { kind: 'upsert', writeTimestamp, order, partition: 3, offset: order, digest: BigInt(order) };
}

it('keeps the newest version by write timestamp, then by offset, whatever comes first', () => {
  const versions = [version(5, 1), version(7, 2), version(7, 9), version(6, 10), version(7, 3)];
  for (const order of [versions, versions.toReversed()]) {
    const table = new VersionTable(10);
    for (const one of order) expect(table.offer(key(1), 0, one)).toBe(true);
    expect(table.size).toBe(1);
    expect(table.see(key(1))).toEqual(version(7, 9));
  }
});

it('keeps every field of upserts and deletes', () => {
  const table = new VersionTable(1);
  const deletion: FoldedVersion = {
    kind: 'delete',
    writeTimestamp: 1_700_000_000_000_001,
    order: 2 ** 40,
    partition: 99_999,
    offset: 2 ** 41,
    digest: 2n ** 64n - 1n,
  };
  table.offer(key(1), 0, deletion);
  expect(table.see(key(1))).toEqual(deletion);
});

it('refuses a new key when it is full, and takes versions of the keys it has', () => {
  const table = new VersionTable(2);
  expect([1, 2, 3].map((number) => table.offer(key(number), 0, version(1)))).toEqual([true, true, false]);
  expect(table.offer(key(2), 0, version(9))).toBe(true);
  expect(table.see(key(2))?.writeTimestamp).toBe(9);
  expect(table.see(key(3))).toBeUndefined();
});

it('forgets the keys beyond a place, and finds the others as before', () => {
  const table = new VersionTable(1_000);
  for (let number = 0; number < 1_000; number++) table.offer(key(number), number, version(number));
  table.keepUpTo(599);
  expect(table.size).toBe(600);
  for (let number = 0; number < 1_000; number++)
    expect(table.see(key(number))?.writeTimestamp).toBe(number < 600 ? number : undefined);
  expect(table.offer(key(5_000), 5, version(1))).toBe(true);
});

it('tells which upserts were not seen', () => {
  const table = new VersionTable(4);
  table.offer(key(1), 0, version(1));
  table.offer(key(2), 0, version(2));
  table.offer(key(3), 0, { ...version(3), kind: 'delete' });
  table.see(key(1));
  expect([...table.unseen()]).toEqual([{ key: key(2), version: version(2) }]);
});

it('tells rows apart whose bytes are the same one after the other', () => {
  const [ab, a, b] = [Buffer.from('ab'), Buffer.from('a'), Buffer.from('b')];
  const rows = [
    [ab, null],
    [a, b],
    [null, ab],
    [ab, Buffer.alloc(0)],
  ];
  expect(new Set(rows.map(rowDigest)).size).toBe(4);
  expect(rowDigest([ab, null])).toBe(rowDigest([Buffer.from('ab'), null]));
});
