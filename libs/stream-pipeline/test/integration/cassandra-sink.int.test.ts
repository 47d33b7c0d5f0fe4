import { randomUUID } from 'node:crypto';
import {
  CassandraSession,
  migrate,
  tableFromSchema,
  TableRepository,
  type TableDefinition,
} from '@sluice/cassandra-repository';
import { parseSchema } from '@sluice/record-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraSink, type Mutation, type PreparedWrite, type Sink } from '../../src/index.ts';

interface Reading {
  readonly sensor: string;
  readonly at: number;
  readonly values: readonly number[] | null;
}

const rowSchema = parseSchema({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'sensor', type: 'string' },
    { name: 'at', type: 'int' },
    { name: 'value', type: ['null', 'int'], default: null },
  ],
});

/** As the engine does. */
const writeTo = (sink: Sink<Reading, PreparedWrite>, mutations: readonly Mutation<Reading>[]) =>
  sink.write(mutations.map((mutation) => sink.prepare(mutation)));

const keyspace = `sink_${randomUUID().replaceAll('-', '').slice(0, 12)}`;

describe('cassandraSink on real Cassandra', () => {
  let session: CassandraSession;
  const table: TableDefinition = tableFromSchema(rowSchema, {
    keyspace,
    table: 'readings',
    partitionKey: ['sensor'],
    clusteringKey: ['at'],
  });

  beforeAll(async () => {
    session = await CassandraSession.connect({
      contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
      port: Number(process.env.CASSANDRA_PORT),
      localDataCenter: 'datacenter1',
    });
    await migrate(session, [table]);
  });
  afterAll(async () => {
    await session.query(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await session.close();
  });

  const rowsOf = async (sensor: string) => {
    const rows: unknown[] = [];
    for await (const row of TableRepository.open<{ sensor: string }>(session, table).rows())
      if (row.sensor === sensor) rows.push(row);
    return rows;
  };
  const upsert = (row: Reading) => ({ kind: 'upsert' as const, row, writeTimestamp: 1_700_000_000_000_000 });
  const failure = (message: string) => ({
    status: 'failed',
    error: expect.objectContaining({ kind: 'data', code: 'mapping-failed', message }) as unknown,
  });

  it('refuses the one message that its rows cannot be made of, and writes those beside it', async () => {
    const sink = await cassandraSink<Reading>(session, {
      table,
      rows: ({ sensor, at, values }) => {
        if (!values) throw new TypeError(`no values in ${sensor}`);
        return values.map((value, i) => ({ sensor, at: at + i, value }));
      },
    });
    const outcomes = await writeTo(sink, [
      upsert({ sensor: 'a', at: 1, values: [10, 20] }),
      upsert({ sensor: 'secret', at: 1, values: null }),
      upsert({ sensor: 'c', at: 1, values: [30] }),
    ]);
    expect(outcomes).toEqual([
      { status: 'written' },
      failure(
        `the rows of ${keyspace}.readings cannot be made of the message: rows or columns threw TypeError`,
      ),
      { status: 'written' },
    ]);
    expect(await rowsOf('a')).toHaveLength(2);
    expect(await rowsOf('secret')).toEqual([]);
    expect(await rowsOf('c')).toHaveLength(1);
  });

  it('refuses a message, or a tombstone, for which the function of a column throws', async () => {
    const sink = await cassandraSink<Reading>(session, {
      table,
      columns: {
        at: ({ at }: Reading) => Number(at.toFixed()),
        value: ({ values }) => (values as number[])[0],
      },
    });
    const outcomes = await writeTo(sink, [
      upsert({ sensor: 'd', at: 1, values: null }),
      { kind: 'delete', key: { sensor: 'e' }, writeTimestamp: 1_700_000_000_000_000 },
      upsert({ sensor: 'f', at: 1, values: [1] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', 'written']);
    expect(await rowsOf('f')).toHaveLength(1);
  });

  it('refuses a message with a field that is no column, unless the target chooses its columns', async () => {
    const message = { sensor: 'g', at: 1, values: null };
    const unknown = {
      status: 'failed',
      error: expect.objectContaining({
        kind: 'data',
        code: 'unknown-column',
        message: `${keyspace}.readings: the row has values, which is no column`,
      }) as unknown,
    };
    const made = { table, rows: ({ sensor, at }: Reading) => [{ sensor, at, valu: 1 }] };

    expect(await writeTo(await cassandraSink<Reading>(session, table), [upsert(message)])).toEqual([unknown]);
    expect(await writeTo(await cassandraSink<Reading>(session, made), [upsert(message)])).toMatchObject([
      { error: { code: 'unknown-column' } },
    ]);
    expect(await rowsOf('g')).toEqual([]);
    for (const target of [{ table, columns: {} }, [{ table }, { table }]])
      expect(await writeTo(await cassandraSink<Reading>(session, target), [upsert(message)])).toEqual([
        { status: 'written' },
      ]);
    expect(await rowsOf('g')).toEqual([{ sensor: 'g', at: 1, value: null }]);
  });

  it('asks for every version where a newer one does not replace an older one', async () => {
    expect((await cassandraSink<Reading>(session, table)).everyVersion).toBeFalsy();
    expect((await cassandraSink<Reading>(session, { table, deletes: 'ignore' })).everyVersion).toBe(true);
    expect((await cassandraSink<Reading>(session, { table, nulls: 'keep' })).everyVersion).toBe(true);
    expect(
      (await cassandraSink<Reading>(session, [{ table }, { table, deletes: 'ignore' }])).everyVersion,
    ).toBe(true);
  });
});
