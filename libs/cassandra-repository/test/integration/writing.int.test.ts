import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  migrate,
  type Mutation,
  type MutationOutcome,
  type TableDefinition,
  TableRepository,
  TableWriter,
} from '../../src/index.ts';
import { type Sample, sample, sampleTable, testKeyspace, type TestKeyspace, us } from './test-keyspace.ts';

const warn = vi.fn();
const logger = { info: () => undefined, warn };
let cluster: TestKeyspace;
let table: TableDefinition;
let writer: TableWriter<Sample>;
let repository: TableRepository<Sample>;

beforeAll(async () => {
  cluster = await testKeyspace({ logger });
  table = sampleTable(cluster.keyspace);
  await migrate(cluster.session, [table]);
  writer = await TableWriter.open(cluster.session, table, { logger });
  repository = TableRepository.open(cluster.session, table);
});
afterAll(() => cluster.drop());

function upsert<Row>(row: Row, writeTimestamp = us(1_000)): Mutation<Row> {
  return { kind: 'upsert', row, writeTimestamp };
}

function textTable(table: string): TableDefinition {
  return {
    keyspace: cluster.keyspace,
    table,
    columns: [
      { name: 'id', cqlType: 'text' },
      { name: 'note', cqlType: 'text' },
    ],
    primaryKey: { partitionKey: ['id'], clusteringKey: [] },
  };
}

function statuses(outcomes: readonly MutationOutcome[]): string[] {
  return outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.kind : outcome.status));
}

test('keeps every value of every type', async () => {
  const row = sample();
  expect(await writer.write([upsert(row)])).toEqual([{ status: 'written' }]);
  expect(await repository.find({ id: row.id })).toEqual(row);
});

test('keeps values of the types that no field of a schema has', async () => {
  const columns = { id: 'timeuuid', tiny: 'tinyint', small: 'smallint', code: 'ascii', total: 'varint' };
  const narrow: TableDefinition = {
    keyspace: cluster.keyspace,
    table: 'narrow',
    columns: Object.entries(columns).map(([name, cqlType]) => ({ name, cqlType })),
    primaryKey: { partitionKey: ['small'], clusteringKey: ['id'] },
  };
  await migrate(cluster.session, [narrow]);
  const narrowWriter = await TableWriter.open(cluster.session, narrow);
  const row = {
    id: '50554d6e-29bb-11e5-b345-feff819cdc9f',
    tiny: -128,
    small: 32_767,
    code: 'a~',
    total: '-129',
  };

  expect(await narrowWriter.write([upsert(row)])).toEqual([{ status: 'written' }]);
  expect(await TableRepository.open(cluster.session, narrow).find({ small: row.small, id: row.id })).toEqual(
    row,
  );
});

test.each<[string, Partial<Sample>]>([
  ['the first day and no money', { joined: '0001-01-01', balance: '0.00' }],
  ['the last day and a cent', { joined: '9999-12-31', balance: '0.01' }],
  ['a day before the epoch and a debt', { joined: '1969-12-31', balance: '-0.05' }],
  ['no bytes', { photo: Buffer.alloc(0), name: '' }],
  ['the largest numbers', { offset: 2n ** 63n - 1n, age: 2 ** 31 - 1, weight: Number.MAX_VALUE }],
  ['the smallest numbers', { offset: -(2n ** 63n), age: -(2 ** 31), weight: Number.MIN_VALUE }],
])('keeps %s', async (_, values) => {
  const row = sample(values);
  await writer.write([upsert(row)]);
  expect(await repository.find({ id: row.id })).toEqual(row);
});

test('finds no row where there is none', async () => {
  expect(await repository.find({ id: randomUUID() })).toBeNull();
});

test('writes nulls over old values, and absent columns as nulls', async () => {
  const row = sample();
  await writer.write([upsert(row, us(1_000))]);
  await writer.write([upsert({ ...row, name: undefined as never, age: null }, us(2_000))]);
  expect(await repository.find({ id: row.id })).toEqual({ ...row, name: null, age: null });
});

test('keeps the newer of two versions, whichever arrives last', async () => {
  const row = sample({ age: 2 });
  await writer.write([upsert(row, us(2_000))]);
  await writer.write([upsert({ ...row, age: 1 }, us(1_999))]);
  expect(await repository.find({ id: row.id })).toEqual(row);
});

test('keeps a row deleted when an older insert arrives after the delete', async () => {
  const row = sample();
  const key = { id: row.id };
  await writer.write([{ kind: 'delete', key, writeTimestamp: us(2_000) }]);
  await writer.write([upsert(row, us(1_999))]);
  expect(await repository.find(key)).toBeNull();
  await writer.write([upsert(row, us(2_001))]);
  expect(await repository.find(key)).toEqual(row);
});

test('writes many rows and deletes in one call, each with its own timestamp and without a warning', async () => {
  const many = sampleTable(cluster.keyspace, 'many');
  await migrate(cluster.session, [many]);
  const manyWriter = await TableWriter.open<Sample>(cluster.session, many);
  const rows = Array.from({ length: 1_000 }, (_, index) =>
    sample({ age: index, name: 'n'.repeat(500 + (index % 400)) }),
  );
  const deletes = rows
    .slice(0, 100)
    .map(({ id }) => ({ kind: 'delete', key: { id }, writeTimestamp: us(500) }) as const);
  warn.mockClear();

  const outcomes = await manyWriter.write([
    ...rows.map((row, index) => upsert(row, us(1_000 + index))),
    ...deletes,
  ]);

  expect(new Set(statuses(outcomes))).toEqual(new Set(['written']));
  expect(warn).not.toHaveBeenCalled();
  const manyRows = TableRepository.open<Sample>(cluster.session, many);
  const found = new Map<string, Sample>();
  for await (const row of manyRows.rows({ pageSize: 64 })) found.set(row.id, row);
  expect(found.size).toBe(1_000);
  for (const row of rows) expect(found.get(row.id)).toEqual(row);
  expect(await manyRows.count()).toBe(1_000);
  const { rows: times } = await cluster.session.query(
    `SELECT id, writetime(age) AS wt FROM ${cluster.keyspace}.many`,
  );
  expect(new Map(times.map(({ id, wt }) => [id, wt]))).toEqual(
    new Map(rows.map(({ id }, index) => [id, BigInt(us(1_000 + index))])),
  );
});

test('writes a row that is larger than the server likes a batch to be', async () => {
  const rows = [sample(), sample({ photo: Buffer.alloc(200_000, 7) }), sample()];
  expect(statuses(await writer.write(rows.map((row) => upsert(row))))).toEqual(Array(3).fill('written'));
  expect(await repository.find({ id: rows[1]!.id })).toEqual(rows[1]);
});

test('fails only the row that cannot be encoded', async () => {
  const good = sample();
  const outcomes = await writer.write([
    upsert(sample({ age: 2 ** 31 })),
    upsert(good),
    upsert(sample({ id: null as never })),
    { kind: 'delete', key: {}, writeTimestamp: us(1) },
    upsert(sample(), 1.5),
  ]);
  expect(statuses(outcomes)).toEqual(['data', 'written', 'data', 'data', 'data']);
  expect(outcomes[0]).toMatchObject({
    error: {
      code: 'unencodable-value',
      message: `${cluster.keyspace}.samples: age does not fit the CQL type int`,
    },
  });
  expect(await repository.find({ id: good.id })).toEqual(good);
});

test('fails only the rows that the server refuses, wherever they are in a batch', async () => {
  const texts = textTable('texts');
  await migrate(cluster.session, [texts]);
  const textWriter = await TableWriter.open<{ id: string; note: string }>(cluster.session, texts);
  const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
  keys[3] = '';
  keys[17] = 'k'.repeat(65_536);
  keys[39] = '';

  const outcomes = await textWriter.write(keys.map((id) => upsert({ id, note: 'x' })));

  const refused = outcomes.flatMap((outcome, index) => (outcome.status === 'failed' ? [index] : []));
  expect(refused).toEqual([3, 17, 39]);
  expect(outcomes[3]).toMatchObject({ error: { kind: 'data', code: 'refused-row', retryable: false } });
  expect(await TableRepository.open(cluster.session, texts).count()).toBe(37);
});

test('fails only the row of which a value is too large for its index', async () => {
  const texts = textTable('indexed');
  await migrate(cluster.session, [texts]);
  await cluster.session.query(`CREATE INDEX ON ${cluster.keyspace}.indexed (note)`);
  const textWriter = await TableWriter.open<{ id: string; note: string }>(cluster.session, texts);
  const notes = ['x', 'y'.repeat(65_536), 'z'];

  const outcomes = await textWriter.write(notes.map((note) => upsert({ id: note.slice(0, 1), note })));

  expect(statuses(outcomes)).toEqual(['written', 'data', 'written']);
});

test('blames the table, not the rows, once the table is gone or changed', async () => {
  const doomed = sampleTable(cluster.keyspace, 'doomed');
  await migrate(cluster.session, [doomed]);
  const doomedWriter = await TableWriter.open<Sample>(cluster.session, doomed);
  const rows = Array.from({ length: 20 }, () => upsert(sample()));
  expect(new Set(statuses(await doomedWriter.write(rows)))).toEqual(new Set(['written']));

  await cluster.session.query(`ALTER TABLE ${cluster.keyspace}.doomed DROP age`);
  const changed = await doomedWriter.write(rows);
  expect(new Set(statuses(changed))).toEqual(new Set(['blocked']));
  expect(changed[0]).toMatchObject({
    error: { code: 'bad-table', message: expect.stringContaining('column age') },
  });

  await cluster.session.query(`DROP TABLE ${cluster.keyspace}.doomed`);
  const dropped = await doomedWriter.write(rows);
  expect(new Set(statuses(dropped))).toEqual(new Set(['blocked']));

  await migrate(cluster.session, [doomed]);
  expect(new Set(statuses(await doomedWriter.write(rows)))).toEqual(new Set(['written']));
});

test('writes and reads rows with a composite key in names that need quotes', async () => {
  const events: TableDefinition = {
    keyspace: cluster.keyspace,
    table: 'Events',
    columns: [
      { name: 'order', cqlType: 'int' },
      { name: 'Tenant', cqlType: 'text' },
      { name: 'site', cqlType: 'text' },
      { name: 'value', cqlType: 'bigint' },
    ],
    primaryKey: { partitionKey: ['Tenant', 'site'], clusteringKey: ['order'] },
  };
  await migrate(cluster.session, [events]);
  interface Event {
    Tenant: string;
    site: string;
    order: number;
    value: bigint | null;
  }
  const eventWriter = await TableWriter.open<Event>(cluster.session, events);
  const rows: Event[] = Array.from({ length: 30 }, (_, order) => ({
    Tenant: 'a',
    site: 'b',
    order,
    value: 1n,
  }));
  await eventWriter.write(rows.map((row) => upsert(row)));
  await eventWriter.write([
    { kind: 'delete', key: { Tenant: 'a', site: 'b', order: 7 }, writeTimestamp: us(2_000) },
  ]);

  const eventRows = TableRepository.open<Event>(cluster.session, events);
  expect(await eventRows.find({ Tenant: 'a', site: 'b', order: 8 })).toEqual(rows[8]);
  expect(await eventRows.find({ Tenant: 'a', site: 'b', order: 7 })).toBeNull();
  expect(await eventRows.count()).toBe(29);
});

test('stops reading when told to', async () => {
  const abort = new AbortController();
  const reading = (async () => {
    for await (const { id } of repository.rows({ pageSize: 1, signal: abort.signal })) {
      expect(id).toHaveLength(36);
      abort.abort(new Error('enough'));
    }
  })();
  await expect(reading).rejects.toThrow('enough');
});
