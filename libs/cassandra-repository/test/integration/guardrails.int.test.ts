import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@sluice/local-stack';
import { expect, onTestFinished, test } from 'vitest';
import { CassandraSession, migrate, type TableDefinition, TableWriter } from '../../src/index.ts';

test("rows that Cassandra's guardrails refuse fail one by one", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-guardrails-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const stack = await startStack({
    services: ['cassandra'],
    dataDir,
    // Guardrails are no concern of superusers, and on a node without an authenticator everybody is one.
    cassandra: {
      settings: {
        authenticator: 'PasswordAuthenticator',
        authorizer: 'CassandraAuthorizer',
        column_value_size_fail_threshold: '12KiB',
      },
    },
  });
  onTestFinished(() => stack.stop());
  const login = (name: string) =>
    CassandraSession.connect({ ...stack.endpoints.cassandra!, username: name, password: name });
  const superuser = await login('cassandra');
  onTestFinished(() => superuser.close());
  await superuser.query("CREATE ROLE writer WITH LOGIN = true AND PASSWORD = 'writer'");
  const keyspace = 'guarded';
  const table: TableDefinition = {
    keyspace,
    table: 'texts',
    columns: ['id', 'note', 'indexed'].map((name) => ({ name, cqlType: 'text' as const })),
    primaryKey: { partitionKey: ['id'], clusteringKey: [] },
  };
  await migrate(superuser, [table]);
  await superuser.query(`CREATE INDEX ON ${keyspace}.texts (indexed) USING 'sai'`);
  await superuser.query(`GRANT ALL ON KEYSPACE ${keyspace} TO writer`);
  const session = await login('writer');
  onTestFinished(() => session.close());
  type Row = Record<'id' | 'note' | 'indexed', string>;
  const writer = await TableWriter.open<Row>(session, table);
  const upsert = (row: Partial<Row> & { id: string }) =>
    ({ kind: 'upsert', row: { note: '', indexed: '', ...row }, writeTimestamp: Date.now() * 1000 }) as const;

  const outcomes = await writer.write([
    upsert({ id: 'one' }),
    upsert({ id: 'large value', note: 'x'.repeat(13_000) }),
    upsert({ id: 'two' }),
    upsert({ id: 'large term', indexed: 'x'.repeat(9_000) }),
    upsert({ id: 'three', note: 'x'.repeat(9_000) }),
  ]);
  const refusals = outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error : undefined));
  expect(refusals.map((error) => error && [error.kind, /Guardrail (\w+)/.exec(error.message)?.[1]])).toEqual([
    undefined,
    ['data', 'column_value_size'],
    undefined,
    ['data', 'sai_string_term_size'],
    undefined,
  ]);
}, 180_000);
