import { expect, test } from 'vitest';
import { valuesOf } from './bound-values.ts';
import { type EncodedMutation, MutationEncoder } from './mutation-encoder.ts';
import type { TableDefinition } from './table-definition.ts';

const table: TableDefinition = {
  keyspace: 'ks',
  table: 'Events',
  columns: [
    { name: 'order', cqlType: 'int' },
    { name: 'site', cqlType: 'text' },
    { name: 'tenant', cqlType: 'text' },
    { name: 'note', cqlType: 'text' },
  ],
  primaryKey: { partitionKey: ['tenant', 'site'], clusteringKey: ['order'] },
};
const encoder = new MutationEncoder(table);
/** us, in September 2005. */
const writeTimestamp = 0x4_0000_0000_0102;
const row = { tenant: 't', site: 'ss', order: 1, note: null };

function texts({ values, count }: EncodedMutation) {
  const all = valuesOf(values);
  expect(all).toHaveLength(count);
  return all.map((value) => value && value.toString('latin1'));
}

test('binds an upsert as all columns in order and the timestamp', () => {
  const encoded = encoder.encode({ kind: 'upsert', row, writeTimestamp });
  expect(encoded.query).toBe(
    'INSERT INTO "ks"."Events" ("order", "site", "tenant", "note") VALUES (?, ?, ?, ?) USING TIMESTAMP ?',
  );
  expect(texts(encoded)).toEqual(['\0\0\0\x01', 'ss', 't', null, '\0\x04\0\0\0\0\x01\x02']);
});

test('binds a delete as the timestamp and the key in its order', () => {
  const encoded = encoder.encode({ kind: 'delete', key: row, writeTimestamp });
  expect(encoded.query).toBe(
    'DELETE FROM "ks"."Events" USING TIMESTAMP ? WHERE "tenant" = ? AND "site" = ? AND "order" = ?',
  );
  expect(texts(encoded)).toEqual(['\0\x04\0\0\0\0\x01\x02', 't', 'ss', '\0\0\0\x01']);
});

test('deletes all rows of a partition when the clustering columns are left out', () => {
  const encoded = encoder.encode({ kind: 'delete', key: { tenant: 't', site: 'ss' }, writeTimestamp });
  expect(encoded.query).toBe('DELETE FROM "ks"."Events" USING TIMESTAMP ? WHERE "tenant" = ? AND "site" = ?');
  expect(texts(encoded)).toEqual(['\0\x04\0\0\0\0\x01\x02', 't', 'ss']);
});

test.each([
  ['a partition key column is left out', { tenant: 't' }, 'site'],
  ['a clustering column is null', { tenant: 't', site: 's', order: null }, 'order'],
  ['a clustering column is undefined', { tenant: 't', site: 's', order: undefined }, 'order'],
])('refuses a delete where %s', (_, key, column) => {
  expect(() => encoder.encode({ kind: 'delete', key, writeTimestamp })).toThrow(
    `ks.Events: ${column} is in the primary key and must not be null`,
  );
});

test('refuses a delete that leaves out a clustering column before another', () => {
  const primaryKey = { partitionKey: ['tenant'], clusteringKey: ['site', 'order'] };
  const nested = new MutationEncoder({ ...table, primaryKey });
  expect(() => nested.encode({ kind: 'delete', key: { tenant: 't', order: 1 }, writeTimestamp })).toThrow(
    'order is in the key of a delete that leaves out a column before it',
  );
});

test('finds the same partition key in an upsert, a delete and a delete of all its rows', () => {
  const { order, ...partition } = row;
  const upsert = encoder.encode({ kind: 'upsert', row, writeTimestamp });
  const deletion = encoder.encode({ kind: 'delete', key: { ...partition, order }, writeTimestamp });
  const wide = encoder.encode({ kind: 'delete', key: partition, writeTimestamp });
  expect(encoder.partitionKey(upsert).toString('latin1')).toBe('\0\x01t\0\0\x02ss\0');
  expect(encoder.partitionKey(deletion)).toEqual(encoder.partitionKey(upsert));
  expect(encoder.partitionKey(wide)).toEqual(encoder.partitionKey(upsert));
});

test('leaves null and absent columns unset where nulls are kept, and counts no cell for them', () => {
  const keeping = new MutationEncoder(table, { nulls: 'keep' });
  const { note, ...rest } = row;
  const encoded = keeping.encode({ kind: 'upsert', row: { ...rest, note }, writeTimestamp });
  expect(texts(encoded)[3]).toBeUndefined();
  expect(texts(keeping.encode({ kind: 'upsert', row: rest, writeTimestamp }))).toEqual(texts(encoded));
  expect(encoded.bytes).toBe(50 + (4 + 2 + 1));
  const keyless = { ...rest, order: null };
  expect(() => keeping.encode({ kind: 'upsert', row: keyless, writeTimestamp })).toThrow('order');
});

test('writes the TTL into the statement', () => {
  const ending = new MutationEncoder(table, { ttlSeconds: 60 });
  expect(ending.encode({ kind: 'upsert', row, writeTimestamp }).query).toMatch(
    / USING TIMESTAMP \? AND TTL 60$/,
  );
});

test.each([0, -1, 1.5, Number.NaN, 630_720_001])('refuses a TTL of %d s', (ttlSeconds) => {
  expect(() => new MutationEncoder(table, { ttlSeconds })).toThrow('the TTL of ks.Events must be');
});

test('counts bytes as the server does: 50 a row, 20 a cell outside the key, and the values', () => {
  const note = 'é'.repeat(100);
  const { bytes } = encoder.encode({ kind: 'upsert', row: { ...row, note }, writeTimestamp });
  expect(bytes).toBe(50 + 20 + (4 + 2 + 1) + 200);
});

test.each([
  ['an upsert', { kind: 'upsert', row: { ...row, sitee: 'x' } }, 'sitee'],
  ['an upsert with a null', { kind: 'upsert', row: { ...row, Note: null } }, 'Note'],
  [
    'an upsert that lacks the column',
    { kind: 'upsert', row: { tenant: 't', site: 's', order: 1, nota: 'x' } },
    'nota',
  ],
  ['a delete, which would be wider', { kind: 'delete', key: { tenant: 't', site: 's', ordr: 1 } }, 'ordr'],
] as const)('refuses %s of a column that the table does not have', (_, mutation, name) => {
  const encode = () => encoder.encode({ ...mutation, writeTimestamp });
  expect(encode).toThrow(`ks.Events: the row has ${name}, which is no column`);
  expect(encode).toThrow(expect.objectContaining({ code: 'unknown-column', kind: 'data' }));
});

test('takes rows of a class, and properties that are undefined', () => {
  class Event {
    readonly tenant = 't';
    readonly order = 1;
    readonly extra = undefined;
    get site() {
      return this.tenant.replace('t', 'ss');
    }
  }
  const plain = encoder.encode({ kind: 'upsert', row, writeTimestamp });
  expect(encoder.encode({ kind: 'upsert', row: new Event(), writeTimestamp })).toEqual(plain);
});

test.each([1_700_000_000_000, 9_999_999_999_999, 0, -1])(
  'refuses a write timestamp that is too small for microseconds, as one in milliseconds is: %d',
  (writeTimestamp) => {
    const message =
      'ks.Events: writeTimestamp is too small: it has to be in microseconds since the epoch, not milliseconds';
    expect(() => encoder.encode({ kind: 'upsert', row, writeTimestamp })).toThrow(message);
    expect(() => encoder.encode({ kind: 'delete', key: row, writeTimestamp })).toThrow(message);
  },
);

test('names the column of a value that does not fit, and not the value', () => {
  const bad = () => encoder.encode({ kind: 'upsert', row: { ...row, order: 'secret' }, writeTimestamp });
  expect(bad).toThrow('ks.Events: order does not fit the CQL type int');
});

test('refuses a definition that it cannot write', () => {
  const columns = [...table.columns, { name: 'when', cqlType: 'duration' }];
  expect(() => new MutationEncoder({ ...table, columns })).toThrow(
    'table ks.Events: column when has the CQL type duration, which is not supported',
  );
  expect(() => new MutationEncoder({ ...table, columns: table.columns.slice(1) })).toThrow('order');
});
