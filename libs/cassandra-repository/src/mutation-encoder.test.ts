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
const row = { tenant: 't', site: 'ss', order: 1, note: null };

function texts({ values, count }: EncodedMutation) {
  const all = valuesOf(values);
  expect(all).toHaveLength(count);
  return all.map((value) => value && value.toString('latin1'));
}

test('binds an upsert as all columns in order and the timestamp', () => {
  const encoded = encoder.encode({ kind: 'upsert', row, writeTimestamp: 258 });
  expect(encoded.query).toBe(
    'INSERT INTO "ks"."Events" ("order", "site", "tenant", "note") VALUES (?, ?, ?, ?) USING TIMESTAMP ?',
  );
  expect(texts(encoded)).toEqual(['\0\0\0\x01', 'ss', 't', null, '\0\0\0\0\0\0\x01\x02']);
});

test('binds a delete as the timestamp and the key in its order', () => {
  const encoded = encoder.encode({ kind: 'delete', key: row, writeTimestamp: 258 });
  expect(encoded.query).toBe(
    'DELETE FROM "ks"."Events" USING TIMESTAMP ? WHERE "tenant" = ? AND "site" = ? AND "order" = ?',
  );
  expect(texts(encoded)).toEqual(['\0\0\0\0\0\0\x01\x02', 't', 'ss', '\0\0\0\x01']);
});

test('deletes all rows of a partition when the clustering columns are left out', () => {
  const encoded = encoder.encode({ kind: 'delete', key: { tenant: 't', site: 'ss' }, writeTimestamp: 258 });
  expect(encoded.query).toBe('DELETE FROM "ks"."Events" USING TIMESTAMP ? WHERE "tenant" = ? AND "site" = ?');
  expect(texts(encoded)).toEqual(['\0\0\0\0\0\0\x01\x02', 't', 'ss']);
});

test.each([
  ['a partition key column is left out', { tenant: 't' }, 'site'],
  ['a clustering column is null', { tenant: 't', site: 's', order: null }, 'order'],
  ['a clustering column is undefined', { tenant: 't', site: 's', order: undefined }, 'order'],
])('refuses a delete where %s', (_, key, column) => {
  expect(() => encoder.encode({ kind: 'delete', key, writeTimestamp: 1 })).toThrow(
    `ks.Events: ${column} is in the primary key and must not be null`,
  );
});

test('refuses a delete that leaves out a clustering column before another', () => {
  const primaryKey = { partitionKey: ['tenant'], clusteringKey: ['site', 'order'] };
  const nested = new MutationEncoder({ ...table, primaryKey });
  expect(() => nested.encode({ kind: 'delete', key: { tenant: 't', order: 1 }, writeTimestamp: 1 })).toThrow(
    'order is in the key of a delete that leaves out a column before it',
  );
});

test('finds the same partition key in an upsert, a delete and a delete of all its rows', () => {
  const { order, ...partition } = row;
  const upsert = encoder.encode({ kind: 'upsert', row, writeTimestamp: 1 });
  const deletion = encoder.encode({ kind: 'delete', key: { ...partition, order }, writeTimestamp: 1 });
  const wide = encoder.encode({ kind: 'delete', key: partition, writeTimestamp: 1 });
  expect(encoder.partitionKey(upsert).toString('latin1')).toBe('\0\x01t\0\0\x02ss\0');
  expect(encoder.partitionKey(deletion)).toEqual(encoder.partitionKey(upsert));
  expect(encoder.partitionKey(wide)).toEqual(encoder.partitionKey(upsert));
});

test('leaves null and absent columns unset where nulls are kept, and counts no cell for them', () => {
  const keeping = new MutationEncoder(table, { nulls: 'keep' });
  const { note, ...rest } = row;
  const encoded = keeping.encode({ kind: 'upsert', row: { ...rest, note }, writeTimestamp: 258 });
  expect(texts(encoded)[3]).toBeUndefined();
  expect(texts(keeping.encode({ kind: 'upsert', row: rest, writeTimestamp: 258 }))).toEqual(texts(encoded));
  expect(encoded.bytes).toBe(50 + (4 + 2 + 1));
  const keyless = { ...rest, order: null };
  expect(() => keeping.encode({ kind: 'upsert', row: keyless, writeTimestamp: 1 })).toThrow('order');
});

test('writes the TTL into the statement', () => {
  const ending = new MutationEncoder(table, { ttlSeconds: 60 });
  expect(ending.encode({ kind: 'upsert', row, writeTimestamp: 1 }).query).toMatch(
    / USING TIMESTAMP \? AND TTL 60$/,
  );
});

test.each([0, -1, 1.5, Number.NaN, 630_720_001])('refuses a TTL of %d s', (ttlSeconds) => {
  expect(() => new MutationEncoder(table, { ttlSeconds })).toThrow('the TTL of ks.Events must be');
});

test('counts bytes as the server does: 50 a row, 20 a cell outside the key, and the values', () => {
  const note = 'é'.repeat(100);
  const { bytes } = encoder.encode({ kind: 'upsert', row: { ...row, note }, writeTimestamp: 1 });
  expect(bytes).toBe(50 + 20 + (4 + 2 + 1) + 200);
});

test('names the column of a value that does not fit, and not the value', () => {
  const bad = () => encoder.encode({ kind: 'upsert', row: { ...row, order: 'secret' }, writeTimestamp: 1 });
  expect(bad).toThrow('ks.Events: order does not fit the CQL type int');
});

test('refuses a definition that it cannot write', () => {
  const columns = [...table.columns, { name: 'when', cqlType: 'duration' }];
  expect(() => new MutationEncoder({ ...table, columns })).toThrow(
    'column when of ks.Events has the CQL type duration',
  );
  expect(() => new MutationEncoder({ ...table, columns: table.columns.slice(1) })).toThrow('order');
});
