import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  checkTable,
  migrate,
  type Mutation,
  type TableDefinition,
  TableRepository,
  TableWriter,
} from '../../src/index.ts';
import { type Sample, sample, sampleTable, testKeyspace, type TestKeyspace, us } from './test-keyspace.ts';

const info = vi.fn();
const logger = { info, warn: vi.fn() };
let cluster: TestKeyspace;
let table: TableDefinition;
let tables = 0;

beforeAll(async () => {
  cluster = await testKeyspace();
  await migrate(cluster.session, [sampleTable(cluster.keyspace, 'first')]);
});
beforeEach(() => {
  table = sampleTable(cluster.keyspace, `samples_${++tables}`);
});
afterAll(() => cluster.drop());

function create(columns: string) {
  return cluster.session.query(`CREATE TABLE ${table.keyspace}.${table.table} (${columns})`);
}

function open() {
  return TableWriter.open<Sample>(cluster.session, table, { logger });
}

function upsert(row: Sample, writeTimestamp = us(1_000)): Mutation<Sample> {
  return { kind: 'upsert', row, writeTimestamp };
}

async function stored(id: string) {
  const { rows } = await cluster.session.query(`SELECT * FROM ${table.keyspace}.${table.table}`);
  return rows.find((row) => row.id === id);
}

const texts =
  'name text, age text, "offset" text, height text, weight text, active text, born text, joined text, balance text';

test.each(['uuid', 'text'])('fills a table of texts with a key of %s, and reads it back', async (keyType) => {
  await create(`id ${keyType} PRIMARY KEY, ${texts}`);
  const report = await migrate(cluster.session, [table], { logger });
  const writer = await open();
  const repository = TableRepository.open<Sample>(cluster.session, table);
  const row = sample();
  const sparse = sample({ age: null, born: null, balance: null, active: null });

  const outcomes = await writer.write([upsert(row), upsert(sparse)]);

  expect(outcomes).toEqual([{ status: 'written' }, { status: 'written' }]);
  expect(await stored(row.id)).toEqual({
    id: row.id,
    name: 'Zoë 🙂',
    age: '41',
    offset: '9007199254740993',
    height: '1.5',
    weight: '71.25',
    active: 'true',
    photo: Buffer.from([0, 255]),
    born: '1969-12-30T23:59:59.999Z',
    joined: '2024-02-29',
    balance: '-1234567890123456789.50',
  });
  expect(await repository.find({ id: row.id })).toEqual(row);
  expect(await repository.find({ id: sparse.id })).toEqual(sparse);
  // The column that was missing has come with its own type, the others stay.
  expect(report.statements).toEqual([`ALTER TABLE "${table.keyspace}"."${table.table}" ADD "photo" blob`]);
  expect(report.differences).toEqual([]);
  expect(report.conversions).toContainEqual({
    keyspace: table.keyspace,
    table: table.table,
    column: 'age',
    defined: 'int',
    found: 'text',
  });
  expect(writer.conversions.map(({ column }) => column)).toEqual([
    ...(keyType === 'text' ? ['id'] : []),
    ...['age', 'offset', 'height', 'weight', 'active', 'born', 'joined', 'balance'],
  ]);
  expect(await checkTable(cluster.session, table)).toMatchObject({
    ok: true,
    conversions: writer.conversions,
  });

  await writer.write([{ kind: 'delete', key: { id: row.id.toUpperCase() }, writeTimestamp: us(2_000) }]);
  expect(await repository.find({ id: row.id })).toBeNull();
  expect(await repository.count()).toBe(1);
});

test('fills columns of wider numbers, and reads them back', async () => {
  await create(
    'id uuid PRIMARY KEY, name text, age varint, "offset" decimal, height double, weight text, ' +
      'active boolean, photo blob, born bigint, joined date, balance decimal',
  );
  const writer = await open();
  const repository = TableRepository.open<Sample>(cluster.session, table);
  const row = sample({ age: -129, height: Math.fround(0.1), weight: -0 });

  expect(await writer.write([upsert(row)])).toEqual([{ status: 'written' }]);

  expect(await stored(row.id)).toMatchObject({
    age: '-129',
    offset: '9007199254740993',
    height: Math.fround(0.1),
    weight: '-0',
    born: -86_400_001n,
  });
  expect(await repository.find({ id: row.id })).toEqual(row);
});

test('says which columns it converts', async () => {
  await create(`id uuid PRIMARY KEY, ${texts}, photo blob`);
  info.mockClear();
  await migrate(cluster.session, [table], { logger });
  expect(info.mock.calls.map(([, message]) => message as string)).toContain(
    `column age of ${table.keyspace}.${table.table} is text: each int is written as text`,
  );

  info.mockClear();
  await open();
  expect(info).toHaveBeenCalledOnce();
  expect(info.mock.calls[0]?.[0]).toMatchObject({ columns: expect.arrayContaining(['age (int as text)']) });
});

test.each([
  ['a type that loses values', 'id uuid PRIMARY KEY, age smallint, born date', ['age', 'born']],
  ['an ascii for a text', 'id uuid PRIMARY KEY, name ascii', ['name']],
  ['a key of another type', 'id blob PRIMARY KEY', ['id']],
])('refuses %s, and names the column', async (_, columns, refused) => {
  await create(columns);
  const { differences } = await migrate(cluster.session, [table]);
  expect(differences.map(({ column }) => column)).toEqual(refused);

  await expect(open()).rejects.toMatchObject({ code: 'bad-table', retryable: false });
  for (const column of refused) {
    const found = new RegExp(`${column} (\\w+)`).exec(columns)?.[1];
    await expect(open()).rejects.toThrow(
      `column ${column} of ${table.keyspace}.${table.table} is ${found}, which does not keep every `,
    );
  }
  expect(await checkTable(cluster.session, table)).toMatchObject({ ok: false });
  await expect(TableRepository.open(cluster.session, table).find({ id: randomUUID() })).rejects.toMatchObject(
    {
      code: 'bad-table',
    },
  );
});

test('refuses another primary key', async () => {
  await create('id uuid, name text, PRIMARY KEY (id, name)');
  await migrate(cluster.session, [table]);
  await expect(open()).rejects.toThrow('is ((id), name), not ((id)): use another table');
});

test('gives what others have stored in a converted column as it is', async () => {
  await create(`id uuid PRIMARY KEY, ${texts}, photo blob`);
  const { id } = sample();
  await cluster.session.query(
    `INSERT INTO ${table.keyspace}.${table.table} (id, age, born) VALUES (?, '41 years', '2024-02-29')`,
    [id],
  );
  const row = await TableRepository.open<Sample>(cluster.session, table).find({ id });
  expect(row).toMatchObject({ age: '41 years', born: '2024-02-29', offset: null });
});

test('adapts to a table that comes after the writer, with other columns', async () => {
  const writer = await open();
  const row = sample();
  expect(await writer.write([upsert(row)])).toMatchObject([
    { error: { code: 'bad-table', kind: 'blocked' } },
  ]);

  await create(`id text PRIMARY KEY, ${texts}, photo blob`);

  expect(await writer.write([upsert(row)])).toEqual([{ status: 'written' }]);
  expect(await stored(row.id)).toMatchObject({ age: '41', born: '1969-12-30T23:59:59.999Z' });
});

test('adapts to a table that is replaced by one with other columns, and blames no row', async () => {
  await migrate(cluster.session, [table]);
  const writer = await open();
  const rows = Array.from({ length: 20 }, () => sample({ age: -1 }));
  await writer.write(rows.map((row) => upsert(row)));
  await cluster.session.query(`DROP TABLE ${table.keyspace}.${table.table}`);
  await create(`id text PRIMARY KEY, ${texts}, photo blob`);

  const mixed = await writer.write(rows.map((row) => upsert(row)));
  for (const outcome of mixed) {
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'bad-table', kind: 'retry' } });
  }
  expect(await writer.write(rows.map((row) => upsert(row)))).toEqual(rows.map(() => ({ status: 'written' })));
  expect(await stored(rows[0]!.id)).toMatchObject({ age: '-1' });
});

test('writes what was made ready for other columns once it is made ready anew', async () => {
  await create(`id uuid PRIMARY KEY, ${texts}, photo blob`);
  const writer = await open();
  const row = sample();
  const fits = writer.prepare(upsert(row, us(1_000)));
  expect(await writer.write([fits])).toEqual([{ status: 'written' }]);
  const early = writer.prepare(upsert(row, us(2_000)));

  await cluster.session.query(`DROP TABLE ${table.keyspace}.${table.table}`);
  await migrate(cluster.session, [table], { logger });

  const [first] = await writer.write([early]);
  expect(first).toMatchObject({ status: 'failed', error: { code: 'bad-table', kind: 'retry' } });
  const [again] = await writer.write([early]);
  expect(again).toMatchObject({ status: 'failed', error: { code: 'bad-table', kind: 'retry' } });
  expect(await writer.write([writer.prepare(upsert(row, us(2_000)))])).toEqual([{ status: 'written' }]);
  expect((await stored(row.id))?.age).toBe(41);
});

test('blames the row, not the table, for a value that does not fit what is converted', async () => {
  await create(`id uuid PRIMARY KEY, ${texts}, photo blob`);
  const writer = await open();
  const [bad, good] = await writer.write([upsert(sample({ age: 1.5 })), upsert(sample())]);
  expect(good).toEqual({ status: 'written' });
  expect(bad).toMatchObject({ error: { code: 'unencodable-value', kind: 'data' } });
});
