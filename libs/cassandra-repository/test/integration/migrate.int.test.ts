import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkTable, migrate, type TableDefinition } from '../../src/index.ts';
import { sampleTable, testKeyspace, type TestKeyspace } from './test-keyspace.ts';

let cluster: TestKeyspace;
let table: TableDefinition;

beforeEach(async () => {
  cluster = await testKeyspace();
  table = sampleTable(cluster.keyspace);
});
afterEach(() => cluster.drop());

const dayMs = 86_400_000;

async function problemKinds() {
  const { ok, problems } = await checkTable(cluster.session, table);
  expect(ok).toBe(problems.length === 0);
  return problems.map(({ kind }) => kind);
}

test('creates keyspace and table where there are none, and then they pass the check', async () => {
  expect(await problemKinds()).toEqual(['missing-keyspace']);

  const { statements, differences } = await migrate(cluster.session, [table]);

  expect(statements).toHaveLength(2);
  expect(differences).toEqual([]);
  expect(await problemKinds()).toEqual([]);
  const { rows } = await cluster.session.query(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [cluster.keyspace],
  );
  expect(rows[0]?.replication).toMatchObject({ datacenter1: '1' });
});

test.each(['map<text, text>', 'list<int>', 'duration', 'varchar'])(
  'refuses a column of the type %s, which cannot be written, before it creates anything',
  async (cqlType) => {
    const columns = [...table.columns, { name: 'extra', cqlType }];

    await expect(migrate(cluster.session, [{ ...table, columns }])).rejects.toMatchObject({
      code: 'bad-definition',
      message: expect.stringContaining(`column extra has the CQL type ${cqlType}, which is not supported`),
    });

    expect(await problemKinds()).toEqual(['missing-keyspace']);
  },
);

test('finds nothing to do the second time', async () => {
  await migrate(cluster.session, [table]);

  expect({ ...(await migrate(cluster.session, [table])) }).toEqual({
    statements: [],
    differences: [],
    conversions: [],
  });
});

test('runs twice at once', async () => {
  const narrow = { ...table, columns: table.columns.slice(0, 2) };
  await Promise.all([migrate(cluster.session, [narrow]), migrate(cluster.session, [narrow])]);
  expect(await problemKinds()).toEqual(Array(table.columns.length - 2).fill('missing-column'));

  await Promise.all([migrate(cluster.session, [table]), migrate(cluster.session, [table])]);
  expect(await problemKinds()).toEqual([]);
});

test('reports without doing in a dry run', async () => {
  const { statements } = await migrate(cluster.session, [table], { dryRun: true });

  expect(statements.map((cql) => cql.split(' (')[0])).toEqual([
    `CREATE KEYSPACE IF NOT EXISTS "${cluster.keyspace}" WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
    `CREATE TABLE IF NOT EXISTS "${cluster.keyspace}"."samples"`,
  ]);
  expect(await problemKinds()).toEqual(['missing-keyspace']);
});

test('adds a column that is missing, and keeps one that is not defined', async () => {
  await migrate(cluster.session, [{ ...table, columns: table.columns.filter(({ name }) => name !== 'age') }]);
  await cluster.session.query(`ALTER TABLE ${cluster.keyspace}.samples ADD nickname text`);
  expect(await problemKinds()).toEqual(['missing-column']);

  const { statements } = await migrate(cluster.session, [table]);

  expect(statements).toEqual([`ALTER TABLE "${cluster.keyspace}"."samples" ADD "age" int`]);
  expect(await problemKinds()).toEqual([]);
  await cluster.session.query(`SELECT nickname FROM ${cluster.keyspace}.samples`);
});

test('reports another column type and another primary key, and leaves them', async () => {
  const columns = table.columns.map((column) =>
    column.name === 'age' ? { ...column, cqlType: 'blob' } : column,
  );
  const primaryKey = { partitionKey: ['id'], clusteringKey: ['name'] };
  await migrate(cluster.session, [{ ...table, columns, primaryKey }]);

  const { statements, differences } = await migrate(cluster.session, [table]);

  expect(statements).toEqual([]);
  expect(differences).toEqual([
    {
      kind: 'column-type',
      column: 'age',
      message:
        `column age of ${cluster.keyspace}.samples is blob, which does not keep every int: ` +
        'use another table, or one where it is int, text, bigint, varint, decimal, double',
    },
    {
      kind: 'primary-key',
      message: `the primary key of ${cluster.keyspace}.samples is ((id), name), not ((id)): use another table`,
    },
  ]);
  expect(await problemKinds()).toEqual(['column-type', 'primary-key']);
});

test('reports another number of replicas', async () => {
  await migrate(cluster.session, [table]);

  const { differences } = await migrate(cluster.session, [table], { replication: 3 });

  expect(differences).toMatchObject([{ kind: 'replication' }]);
  expect(differences[0]?.message).toContain('keeps 1 copies in datacenter1, not 3');
});

test('creates a table that remembers deletes for longer than the topic keeps records', async () => {
  await migrate(cluster.session, [table], { retentionMs: 30 * dayMs });

  const { rows } = await cluster.session.query(
    'SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ?',
    [cluster.keyspace],
  );
  expect(rows).toEqual([{ gc_grace_seconds: 33 * 86_400 }]);
});

test('refuses a table that forgets deletes too early, before it changes anything', async () => {
  await migrate(cluster.session, [table], { retentionMs: 7 * dayMs });
  const other = sampleTable(cluster.keyspace, 'other');
  const tooLong = { retentionMs: 7 * dayMs + 1 };

  await expect(migrate(cluster.session, [other, table], tooLong)).rejects.toMatchObject({
    code: 'gc-grace-too-short',
    retryable: false,
  });
  expect((await checkTable(cluster.session, other)).ok).toBe(false);

  const { differences } = await migrate(cluster.session, [table], { ...tooLong, allowShortGcGrace: true });
  expect(differences).toMatchObject([{ kind: 'gc-grace' }]);
});

test('refuses a topic that keeps everything', async () => {
  await expect(migrate(cluster.session, [table], { retentionMs: Infinity })).rejects.toMatchObject({
    code: 'gc-grace-too-short',
  });
});

test('sees a table that was dropped a moment ago', async () => {
  await migrate(cluster.session, [table]);
  expect(await problemKinds()).toEqual([]);

  await cluster.session.query(`DROP TABLE ${cluster.keyspace}.samples`);

  expect(await problemKinds()).toEqual(['missing-table']);
});
