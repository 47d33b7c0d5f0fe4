import { parseSchema } from '@sluice/record-schema';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  migrate,
  type Mutation,
  type MutationOutcome,
  type TableDefinition,
  tableFromSchema,
  TableRepository,
  TableWriter,
  type TableWriterOptions,
} from '../../src/index.ts';
import { testKeyspace, type TestKeyspace, us } from './test-keyspace.ts';

/** A table with a compound partition key and two clustering columns. */
interface Line {
  shop: string;
  day: string;
  order: bigint;
  line: number;
  price: string | null;
  note: string | null;
}

const lineSchema = parseSchema({
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'shop', type: 'string' },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'order', type: 'long' },
    { name: 'line', type: 'int' },
    {
      name: 'price',
      type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }],
      default: null,
    },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
});

const warn = vi.fn();
let cluster: TestKeyspace;
let tables = 0;

beforeAll(async () => {
  cluster = await testKeyspace({ logger: { info: () => undefined, warn } });
});
afterAll(() => cluster.drop());

async function lines(options: TableWriterOptions = {}) {
  const table = tableFromSchema(lineSchema, {
    keyspace: cluster.keyspace,
    table: `lines_${++tables}`,
    partitionKey: ['shop', 'day'],
    clusteringKey: ['order', 'line'],
  });
  await migrate(cluster.session, [table]);
  const writer = await TableWriter.open<Line>(cluster.session, table, options);
  return { table, writer, repository: TableRepository.open<Line>(cluster.session, table) };
}

function line(values: Partial<Line> = {}): Line {
  return { shop: 'a', day: '2024-02-29', order: 1n, line: 1, price: '9.90', note: 'x', ...values };
}

function upsert(row: Line, writeTimestamp = us(1_000)): Mutation<Line> {
  return { kind: 'upsert', row, writeTimestamp };
}

function remove(key: Partial<Line>, writeTimestamp: number): Mutation<Line> {
  return { kind: 'delete', key, writeTimestamp };
}

function codes(outcomes: readonly MutationOutcome[]) {
  return outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.code : outcome.status));
}

async function keysLeft(repository: TableRepository<Line>) {
  const keys: string[] = [];
  for await (const row of repository.rows()) keys.push(`${row.shop} ${row.day} ${row.order} ${row.line}`);
  return keys.sort();
}

test('writes, finds and deletes rows of a compound primary key', async () => {
  const { writer, repository } = await lines();
  const rows = [1n, -1n, 2n ** 60n].flatMap((order) => [line({ order, line: 1 }), line({ order, line: -2 })]);

  expect(new Set(codes(await writer.write(rows.map((row) => upsert(row)))))).toEqual(new Set(['written']));
  for (const row of rows) expect(await repository.find(row)).toEqual(row);

  await writer.write([remove(line({ order: 1n, line: -2 }), us(2_000))]);
  expect(await keysLeft(repository)).toHaveLength(5);
  expect(await repository.find(line({ order: 1n, line: -2 }))).toBeNull();
});

test('deletes by a prefix of the key exactly the older rows that have it', async () => {
  const { writer, repository } = await lines();
  await writer.write([
    upsert(line({ order: 1n, line: 1 }), us(1_000)),
    upsert(line({ order: 1n, line: 2 }), us(3_000)),
    upsert(line({ order: 2n, line: 1 }), us(1_000)),
    upsert(line({ shop: 'b' }), us(1_000)),
    upsert(line({ day: '2024-03-01' }), us(1_000)),
  ]);

  expect(codes(await writer.write([remove({ shop: 'a', day: '2024-02-29', order: 1n }, us(2_000))]))).toEqual(
    ['written'],
  );
  expect(await keysLeft(repository)).toEqual([
    'a 2024-02-29 1 2',
    'a 2024-02-29 2 1',
    'a 2024-03-01 1 1',
    'b 2024-02-29 1 1',
  ]);

  await writer.write([remove({ shop: 'a', day: '2024-02-29' }, us(3_000))]);
  expect(await keysLeft(repository)).toEqual(['a 2024-03-01 1 1', 'b 2024-02-29 1 1']);

  await writer.write([upsert(line({ order: 9n }), us(2_999)), upsert(line({ order: 10n }), us(3_001))]);
  expect(await keysLeft(repository)).toContain('a 2024-02-29 10 1');
  expect(await keysLeft(repository)).not.toContain('a 2024-02-29 9 1');
});

test('writes rows and deletes of every width in one call', async () => {
  const { writer, repository } = await lines();
  const rows = Array.from({ length: 40 }, (_, at) => line({ order: BigInt(at % 10), line: at }));
  warn.mockClear();

  const outcomes = await writer.write([
    ...rows.map((row) => upsert(row)),
    remove({ shop: 'a', day: '2024-02-29', order: 3n }, us(500)),
    remove({ shop: 'a', day: '2024-02-29' }, us(600)),
    remove(line({ order: 4n, line: 4 }), us(2_000)),
    remove({ shop: 'a' }, us(9_000)),
    remove({ shop: 'a', day: '2024-02-29', line: 1 }, us(9_000)),
  ]);

  expect(codes(outcomes.slice(0, -2)).every((code) => code === 'written')).toBe(true);
  expect(codes(outcomes.slice(-2))).toEqual(['unencodable-value', 'unencodable-value']);
  expect(await repository.count()).toBe(39);
  expect(warn).not.toHaveBeenCalled();
});

test('gives rows the TTL of their table, and no server warning for their batches', async () => {
  const { table, writer } = await lines({ ttlSeconds: 3_600 });
  warn.mockClear();
  const note = 'n'.repeat(300);
  await writer.write(Array.from({ length: 100 }, (_, at) => upsert(line({ line: at, note }))));

  const { rows } = await cluster.session.query(
    `SELECT ttl(note) AS ttl FROM ${cluster.keyspace}.${table.table}`,
  );
  expect(rows).toHaveLength(100);
  for (const { ttl } of rows) expect(ttl).toSatisfy((left: number) => left > 3_000 && left <= 3_600);
  expect(warn).not.toHaveBeenCalled();
});

test('keeps old cells where nulls are kept, and replaces those that have a value', async () => {
  const { writer, repository } = await lines({ nulls: 'keep' });
  await writer.write([upsert(line(), us(1_000))]);
  const { note, ...rest } = line({ price: null });
  await writer.write([upsert({ ...rest, note }, us(2_000))]);
  await writer.write([
    upsert(line({ price: null, note: 'new' }), us(3_000)),
    upsert(line({ line: 2, note: null })),
  ]);

  expect(await repository.find(line())).toEqual(line({ note: 'new' }));
  expect(await repository.find(line({ line: 2 }))).toEqual(line({ line: 2, note: null }));
});

test('writes with the consistency of the table, alone and in a batch', async () => {
  const strict: TableDefinition = { ...(await lines()).table };
  const writer = await TableWriter.open<Line>(cluster.session, strict, { consistency: 'three' });
  const [alone] = await writer.write([upsert(line())]);
  // One node cannot answer for three.
  expect(alone).toMatchObject({ status: 'failed', error: { code: 'unavailable', kind: 'retry' } });
  const batch = await writer.write([upsert(line()), upsert(line({ line: 2 }))]);
  expect(codes(batch)).toEqual(['unavailable', 'unavailable']);
});
