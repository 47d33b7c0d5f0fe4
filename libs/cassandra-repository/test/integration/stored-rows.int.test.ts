import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  migrate,
  StoredRows,
  type StoredRow,
  type TableDefinition,
  TableWriter,
  type TokenWindow,
} from '../../src/index.ts';
import { type Sample, sample, sampleTable, testKeyspace, type TestKeyspace, us } from './test-keyspace.ts';

const wholeRing: TokenWindow = { first: -(2 ** 31), last: 2 ** 31 - 1 };
let cluster: TestKeyspace;
let table: TableDefinition;

beforeAll(async () => {
  cluster = await testKeyspace();
  table = sampleTable(cluster.keyspace);
  await migrate(cluster.session, [table]);
});
afterAll(() => cluster.drop());

async function scanned(rows: StoredRows<Sample>, window = wholeRing, pageSize = 1_000) {
  const found: StoredRow[] = [];
  for await (const row of rows.scan(window, { pageSize })) found.push(row);
  return found;
}

test('gives the bytes that a written row is expected to have, with its write timestamps', async () => {
  const writer = await TableWriter.open<Sample>(cluster.session, table);
  const rows = await StoredRows.open<Sample>(cluster.session, table);
  const written = [sample(), sample({ name: null, photo: Buffer.alloc(0) }), sample()];
  await writer.write(written.map((row, i) => ({ kind: 'upsert', row, writeTimestamp: us(1_000 + i) })));

  for (const [i, row] of written.entries()) {
    const image = rows.imageOf(row);
    expect(rows.keyOf({ id: row.id })).toEqual(image.key);
    expect(await rows.find(image.key)).toEqual({
      ...image,
      keyText: row.id,
      oldest: us(1_000 + i),
      newest: us(1_000 + i),
    });
  }
  expect(await rows.find(rows.keyOf({ id: randomUUID() }))).toBeNull();
  expect((await scanned(rows, wholeRing, 2)).map(({ keyText }) => keyText).sort()).toEqual(
    written.map(({ id }) => id).sort(),
  );
});

test('reads each row in one window of the ring, the one of its token', async () => {
  const writer = await TableWriter.open<Sample>(cluster.session, table);
  const rows = await StoredRows.open<Sample>(cluster.session, table);
  await writer.write(
    Array.from({ length: 200 }, () => ({ kind: 'upsert', row: sample(), writeTimestamp: us(5) })),
  );
  const all = await scanned(rows);
  const middle = all[100]?.key.token ?? 0;
  const lower = await scanned(rows, { first: wholeRing.first, last: middle });
  const upper = await scanned(rows, { first: middle + 1, last: wholeRing.last });
  expect(lower.length).toBeGreaterThan(100);
  expect([...lower, ...upper].map(({ keyText }) => keyText)).toEqual(all.map(({ keyText }) => keyText));
  expect(lower.every(({ key }) => key.token <= middle)).toBe(true);
});

test('tells the oldest and the newest cell apart', async () => {
  const rows = await StoredRows.open<Sample>(cluster.session, table);
  const writer = await TableWriter.open<Sample>(cluster.session, table);
  const row = sample();
  await writer.write([{ kind: 'upsert', row, writeTimestamp: us(1_000) }]);
  await cluster.session.query(
    `UPDATE ${cluster.keyspace}.${table.table} USING TIMESTAMP ${us(2_000)} SET name = 'other' WHERE id = ?`,
    [row.id],
  );
  const found = await rows.find(rows.keyOf({ id: row.id }));
  expect(found).toMatchObject({ oldest: us(1_000), newest: us(2_000) });
});

test('compares what a table of other types stores', async () => {
  const texts = { ...sampleTable(cluster.keyspace), table: 'as_text' };
  const columns = texts.columns.map(({ name, cqlType }) =>
    cqlType === 'blob' ? `${name} blob` : `${name} ${name === 'offset' ? 'varint' : 'text'}`,
  );
  const quoted = columns.map((column) => column.replace(/^(\w+)/, '"$1"')).join(', ');
  await cluster.session.query(`CREATE TABLE ${cluster.keyspace}.as_text (${quoted}, PRIMARY KEY ("id"))`);
  const writer = await TableWriter.open<Sample>(cluster.session, texts);
  const rows = await StoredRows.open<Sample>(cluster.session, texts);
  const row = sample();
  expect(await writer.write([{ kind: 'upsert', row, writeTimestamp: us(7) }])).toEqual([
    { status: 'written' },
  ]);
  const image = rows.imageOf(row);
  expect(await rows.find(image.key)).toMatchObject({ cells: image.cells, key: image.key });
});

test('knows the token of a partition key of several columns', async () => {
  const { columns } = table;
  const definition = {
    keyspace: cluster.keyspace,
    table: 'by_name_and_day',
    columns,
    primaryKey: { partitionKey: ['name', 'joined'], clusteringKey: ['id'] },
  };
  await migrate(cluster.session, [definition]);
  const writer = await TableWriter.open<Sample>(cluster.session, definition);
  const rows = await StoredRows.open<Sample>(cluster.session, definition);
  const row = sample({ name: 'a name of more than sixteen bytes' });
  expect(await writer.write([{ kind: 'upsert', row, writeTimestamp: us(7) }])).toEqual([
    { status: 'written' },
  ]);
  const { key, cells } = rows.imageOf(row);
  expect(await scanned(rows)).toMatchObject([
    { key, cells, keyText: `${String(row.name)}/2024-02-29/${row.id}` },
  ]);
});

test('says what is wrong with a table', async () => {
  await expect(StoredRows.open(cluster.session, { ...table, table: 'nowhere' })).rejects.toMatchObject({
    code: 'bad-table',
    message: `there is no table ${cluster.keyspace}.nowhere: run migrate`,
  });
});
