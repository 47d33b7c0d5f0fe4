import type { CassandraSession } from '@sluice/cassandra-repository';
import { userRowSchema } from '@sluice/user-schema';
import type { TableRow } from './evidence.ts';

const columns = userRowSchema.fields.map(({ name }) => name);
/** Columns that no row lacks a value of, of the message and of what the writer adds. */
const dated = ['country', 'source_offset', 'event_time'];
const keysAtOnce = 100;

/** Every row of the table, by uuid. */
export async function readRows(
  session: CassandraSession,
  keyspace: string,
): Promise<ReadonlyMap<string, TableRow>> {
  const times = dated.map((column) => `WRITETIME(${column}) AS wt_${column}`);
  const select = `SELECT ${[...columns, ...times].join(', ')} FROM ${keyspace}.user_records`;
  const { rows } = await session.query(select, [], { timeoutMs: 60_000 });
  return new Map(
    rows.map((row) => [
      String(row.uuid),
      {
        columns: Object.fromEntries(columns.map((column) => [column, row[column]])),
        writeTimestamps: dated.map((column) => Number(row[`wt_${column}`])),
      },
    ]),
  );
}

/** Write timestamps of rows, us, by uuid. */
export async function readWriteTimestamps(
  session: CassandraSession,
  keyspace: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const some = keys.slice(from, from + keysAtOnce).join(', ');
    const select = `SELECT uuid, WRITETIME(source_offset) AS wt FROM ${keyspace}.user_records WHERE uuid IN (${some})`;
    for (const { uuid, wt } of (await session.query(select)).rows) found.set(String(uuid), Number(wt));
  }
  return found;
}
