import { expect, test } from 'vitest';
import { compareTable } from './check-table.ts';
import type { LiveTable } from './live-table.ts';
import type { TableDefinition } from './table-definition.ts';

const definition: TableDefinition = {
  keyspace: 'ks',
  table: 'visits',
  columns: [
    { name: 'id', cqlType: 'uuid' },
    { name: 'at', cqlType: 'timestamp' },
    { name: 'left', cqlType: 'timestamp' },
  ],
  primaryKey: { partitionKey: ['id'], clusteringKey: ['at'] },
};

function live(columns: Record<string, string>): LiveTable {
  return {
    columns: new Map(Object.entries(columns)),
    partitionKey: ['id'],
    clusteringKey: ['at'],
    gcGraceSeconds: 864_000,
    defaultTtlSeconds: 0,
  };
}

test('takes a column that keeps every value, and one that is not defined', () => {
  const found = live({ id: 'text', at: 'timestamp', left: 'text', note: 'blob' });
  expect(compareTable(definition, found)).toEqual({
    ok: true,
    problems: [],
    conversions: [
      { column: 'id', defined: 'uuid', found: 'text' },
      { column: 'left', defined: 'timestamp', found: 'text' },
    ],
  });
});

test('refuses in the primary key what would do elsewhere, and says what to do', () => {
  const check = compareTable(definition, live({ id: 'uuid', at: 'text', left: 'date' }));
  expect(check).toEqual({
    ok: false,
    problems: [
      {
        kind: 'column-type',
        column: 'at',
        message:
          'column at of ks.visits is text, which does not keep every timestamp in the primary key: ' +
          'use another table, or one where it is timestamp',
      },
      {
        kind: 'column-type',
        column: 'left',
        message:
          'column left of ks.visits is date, which does not keep every timestamp: ' +
          'use another table, or one where it is timestamp, text, bigint',
      },
    ],
    conversions: [],
  });
});
