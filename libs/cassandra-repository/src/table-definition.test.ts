import { parseSchema } from '@sluice/record-schema';
import { expect, test } from 'vitest';
import { CassandraError } from './errors.ts';
import { addColumn, createKeyspace, createTable } from './statements.ts';
import { tableFromSchema } from './table-definition.ts';

const schema = parseSchema({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'tenant', type: 'string' },
    { name: 'id', type: 'long' },
    { name: 'placed', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
  ],
});
const table = tableFromSchema(schema, {
  keyspace: 'Shop',
  table: 'orders',
  partitionKey: ['tenant'],
  clusteringKey: ['id'],
});

test('makes a table of a schema, and its CQL', () => {
  expect(createTable(table, 864_000)).toBe(
    'CREATE TABLE IF NOT EXISTS "Shop"."orders" ("tenant" text, "id" bigint, "placed" timestamp, ' +
      '"day" date, "total" decimal, PRIMARY KEY (("tenant"), "id")) WITH gc_grace_seconds = 864000',
  );
  expect(addColumn(table, 'placed')).toBe('ALTER TABLE "Shop"."orders" ADD "placed" timestamp');
  expect(createKeyspace('a"b', "d'c", 2)).toBe(
    `CREATE KEYSPACE IF NOT EXISTS "a""b" WITH replication = {'class': 'NetworkTopologyStrategy', 'd''c': 2}`,
  );
});

test.each([
  ['a key that is no field', { partitionKey: ['nobody'] }, 'names nobody'],
  ['a nullable key', { partitionKey: ['placed'] }, 'placed is in the primary key'],
  ['no key', { partitionKey: [] }, 'names no field'],
])('refuses %s', (_, key, reason) => {
  expect(() => tableFromSchema(schema, { keyspace: 'Shop', table: 'orders', ...key })).toThrow(reason);
});

test('refuses a field of a type that has no column', () => {
  const nested = parseSchema({
    type: 'record',
    name: 'Nested',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'lines', type: { type: 'array', items: 'string' } },
    ],
  });
  const make = () => tableFromSchema(nested, { keyspace: 'k', table: 't', partitionKey: ['id'] });
  expect(make).toThrow(CassandraError);
  expect(make).toThrow('table k.t: field lines: ');
});
