import { expect, test } from 'vitest';
import { MutationEncoder } from './mutation-encoder.ts';
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

function texts(params: (Buffer | null)[]) {
  return params.map((param) => param?.toString('latin1') ?? null);
}

test('binds an upsert as all columns in order and the timestamp', () => {
  const { query, params } = encoder.encode({ kind: 'upsert', row, writeTimestamp: 258 });
  expect(query).toBe(
    'INSERT INTO "ks"."Events" ("order", "site", "tenant", "note") VALUES (?, ?, ?, ?) USING TIMESTAMP ?',
  );
  expect(texts(params)).toEqual(['\0\0\0\x01', 'ss', 't', null, '\0\0\0\0\0\0\x01\x02']);
});

test('binds a delete as the timestamp and the key in its order', () => {
  const { query, params } = encoder.encode({ kind: 'delete', key: row, writeTimestamp: 258 });
  expect(query).toBe(
    'DELETE FROM "ks"."Events" USING TIMESTAMP ? WHERE "tenant" = ? AND "site" = ? AND "order" = ?',
  );
  expect(texts(params)).toEqual(['\0\0\0\0\0\0\x01\x02', 't', 'ss', '\0\0\0\x01']);
});

test('finds the same partition key in an upsert and a delete', () => {
  const upsert = encoder.encode({ kind: 'upsert', row, writeTimestamp: 1 });
  const deletion = encoder.encode({ kind: 'delete', key: row, writeTimestamp: 1 });
  expect(encoder.partitionKey(upsert).toString('latin1')).toBe('\0\x01t\0\0\x02ss\0');
  expect(encoder.partitionKey(deletion)).toEqual(encoder.partitionKey(upsert));
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
