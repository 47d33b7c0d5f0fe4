import { keyColumns, type TableDefinition } from './table-definition.ts';

/** Quoted, so that names keep their case and may be reserved words. */
function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function qualified({ keyspace, table }: TableDefinition): string {
  return `${quote(keyspace)}.${quote(table)}`;
}

export function createKeyspace(keyspace: string, dataCenter: string, replicas: number): string {
  const literal = `'${dataCenter.replaceAll("'", "''")}'`;
  return (
    `CREATE KEYSPACE IF NOT EXISTS ${quote(keyspace)} ` +
    `WITH replication = {'class': 'NetworkTopologyStrategy', ${literal}: ${replicas}}`
  );
}

export function createTable(definition: TableDefinition, gcGraceSeconds: number): string {
  const { partitionKey, clusteringKey } = definition.primaryKey;
  const columns = definition.columns.map(({ name, cqlType }) => `${quote(name)} ${cqlType}`);
  const key = [`(${partitionKey.map(quote).join(', ')})`, ...clusteringKey.map(quote)].join(', ');
  return (
    `CREATE TABLE IF NOT EXISTS ${qualified(definition)} (${columns.join(', ')}, PRIMARY KEY (${key})) ` +
    `WITH gc_grace_seconds = ${gcGraceSeconds}`
  );
}

export function addColumn(definition: TableDefinition, column: string): string {
  const cqlType = definition.columns.find(({ name }) => name === column)?.cqlType ?? '';
  return `ALTER TABLE ${qualified(definition)} ADD ${quote(column)} ${cqlType}`;
}

/** Every column, so that the record's nulls replace old values; bound: the columns in order, the timestamp. */
export function insertRow(definition: TableDefinition, ttlSeconds?: number): string {
  const columns = definition.columns.map(({ name }) => quote(name));
  const marks = columns.map(() => '?');
  const ttl = ttlSeconds === undefined ? '' : ` AND TTL ${ttlSeconds}`;
  return (
    `INSERT INTO ${qualified(definition)} (${columns.join(', ')}) ` +
    `VALUES (${marks.join(', ')}) USING TIMESTAMP ?${ttl}`
  );
}

/** All rows that have the values of these key columns. Bound: the timestamp, the columns in order. */
export function deleteRows(definition: TableDefinition, columns: readonly string[]): string {
  return `DELETE FROM ${qualified(definition)} USING TIMESTAMP ? WHERE ${where(columns)}`;
}

/** Deletes no row, and needs the right to. */
export function deleteNothing(definition: TableDefinition): string {
  const empty = definition.primaryKey.partitionKey.map((name) => `${quote(name)} IN ()`);
  return `DELETE FROM ${qualified(definition)} WHERE ${empty.join(' AND ')}`;
}

/** Bound: the key columns in order. */
export function selectRow(definition: TableDefinition): string {
  return `${selectRows(definition)} WHERE ${where(keyColumns(definition))}`;
}

export function selectRows(definition: TableDefinition): string {
  return `SELECT ${definition.columns.map(({ name }) => quote(name)).join(', ')} FROM ${qualified(definition)}`;
}

/** Bound: the first token, which is left out, and the last, which is counted. */
export function countRange(definition: TableDefinition): string {
  const token = `token(${definition.primaryKey.partitionKey.map(quote).join(', ')})`;
  return `SELECT count(*) AS rows FROM ${qualified(definition)} WHERE ${token} > ? AND ${token} <= ?`;
}

/**
 * What a table stores, as bytes: the key columns as they are, then each column of the definition (`c0`, `c1`, ...), then the write
 * timestamps (`w0`, ...) of those outside the primary key. `types` are the columns' types in the live table.
 */
export function selectStored(definition: TableDefinition, types: ReadonlyMap<string, string>): string {
  const key = keyColumns(definition);
  const token = `token(${definition.primaryKey.partitionKey.map(quote).join(', ')}) AS t`;
  const plain = key.map((name, at) => `${quote(name)} AS k${at}`);
  const bytes = definition.columns.map(({ name }, at) => {
    const type = types.get(name) ?? '';
    return `${type === 'blob' ? quote(name) : `${type}AsBlob(${quote(name)})`} AS c${at}`;
  });
  const times = definition.columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name }, at) => `WRITETIME(${quote(name)}) AS w${at}`);
  return `SELECT ${[token, ...plain, ...bytes, ...times].join(', ')} FROM ${qualified(definition)}`;
}

/** Bound: the token before the first, the last. */
export function inTokenRange({ primaryKey }: TableDefinition): string {
  const token = `token(${primaryKey.partitionKey.map(quote).join(', ')})`;
  return ` WHERE ${token} > ? AND ${token} <= ?`;
}

/** Bound: the key columns in order. */
export function atKey(definition: TableDefinition): string {
  return ` WHERE ${where(keyColumns(definition))}`;
}

function where(columns: readonly string[]): string {
  return columns.map((name) => `${quote(name)} = ?`).join(' AND ');
}
