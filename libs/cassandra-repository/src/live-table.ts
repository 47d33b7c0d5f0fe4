import type { CassandraSession } from './session.ts';

/** A table as the cluster has it now. */
export interface LiveTable {
  /** CQL type by column name. */
  readonly columns: ReadonlyMap<string, string>;
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  readonly gcGraceSeconds: number;
  /** TTL of rows that are written without one, s; 0 where they live for ever. */
  readonly defaultTtlSeconds: number;
}

/** Reads the schema tables themselves: the driver's copy of them lags behind and may be stale. */
export async function readLiveTable(
  session: CassandraSession,
  keyspace: string,
  table: string,
): Promise<LiveTable | undefined> {
  const [tables, columns] = await Promise.all([
    session.query(
      'SELECT gc_grace_seconds, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
      [keyspace, table],
    ),
    session.query(
      'SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
      [keyspace, table],
    ),
  ]);
  const found = tables.rows[0];
  if (!found) return undefined;
  return {
    columns: new Map(columns.rows.map((column) => [String(column.column_name), String(column.type)])),
    partitionKey: keyOf(columns.rows, 'partition_key'),
    clusteringKey: keyOf(columns.rows, 'clustering'),
    gcGraceSeconds: Number(found.gc_grace_seconds),
    defaultTtlSeconds: Number(found.default_time_to_live),
  };
}

/** The replication options of a keyspace, or undefined where there is no such keyspace. */
export async function readReplication(
  session: CassandraSession,
  keyspace: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { rows } = await session.query(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
  );
  return rows[0]?.replication as Record<string, string> | undefined;
}

function keyOf(columns: readonly Record<string, unknown>[], kind: string): string[] {
  return columns
    .filter((column) => column.kind === kind)
    .sort((one, other) => Number(one.position) - Number(other.position))
    .map((column) => String(column.column_name));
}
