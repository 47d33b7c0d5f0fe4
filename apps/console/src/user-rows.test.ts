import { tableFromSchema } from '@sluice/cassandra-repository';
import { userRowSchema } from '@sluice/user-schema';
import { expect, test } from 'vitest';
import { shownPage, shownUser, type UserRow } from './user-rows.ts';

const table = tableFromSchema(userRowSchema, { keyspace: 'k', table: 't', partitionKey: ['uuid'] });

function row(values: Readonly<Record<string, unknown>>): UserRow {
  return { uuid: 'u', values: new Map(Object.entries(values)), writeTimes: new Map(), newest: null };
}

test('a column of a row is masked unless the schema says that it is not personal', () => {
  const values = Object.fromEntries(table.columns.map(({ name }) => [name, 'x']));
  const { fields } = shownUser(row(values), table, { reveal: false, topic: 't' });
  expect(fields.filter(({ masked }) => !masked).map(({ name }) => name)).toEqual([
    ...['source_partition', 'source_offset', 'event_time'],
  ]);
  const added = { ...table, columns: [...table.columns, { name: 'note', cqlType: 'text' as const }] };
  const { fields: all } = shownUser(row({ note: 'ada@example.com' }), added as typeof table, {
    ...{ reveal: false, topic: 't' },
  });
  expect(all.at(-1)).toMatchObject({ name: 'note', value: '•••', masked: true });
});

test('a long value of a row is shown by its beginning', () => {
  const long = row({ street: `${'x'.repeat(999)}😀`.repeat(1_000) });
  const streetOf = (user: ReturnType<typeof shownUser>) =>
    user.fields.find(({ name }) => name === 'street')!.value!;
  const options = { reveal: true, topic: 't' };
  const [listed] = shownPage({ rows: [long], next: null }, table, options).users;
  expect(streetOf(listed!)).toBe(`${'x'.repeat(999)}…`);
  expect(streetOf(shownUser(long, table, options)).length).toBeLessThan(65_540);
});
