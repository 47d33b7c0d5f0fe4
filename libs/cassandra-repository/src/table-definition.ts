import { cqlType, type Field, type RecordSchema, SchemaError } from '@sluice/record-schema';
import { type EncodeValue, encoderFor, supportedTypes } from './cql-values.ts';
import { CassandraError } from './errors.ts';

/** A table as this library creates, checks, writes and reads it. */
export interface TableDefinition {
  readonly keyspace: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  readonly primaryKey: {
    readonly partitionKey: readonly string[];
    readonly clusteringKey: readonly string[];
  };
}

export interface ColumnDefinition {
  readonly name: string;
  /**
   * As `system_schema.columns` spells it: text, ascii, tinyint, smallint, int, bigint, varint, decimal, float, double, boolean,
   * blob, uuid, timeuuid, timestamp or date.
   */
  readonly cqlType: string;
}

export interface TableName {
  readonly keyspace: string;
  readonly table: string;
  readonly partitionKey: readonly string[];
  readonly clusteringKey?: readonly string[];
}

/**
 * The table that holds the records of a schema: one column for each field, in schema order.
 *
 * @throws {CassandraError} `bad-definition` where a key is not a field, or a field has a type without a column type
 */
export function tableFromSchema(
  schema: RecordSchema,
  { keyspace, table, partitionKey, clusteringKey = [] }: TableName,
): TableDefinition {
  const name = `${keyspace}.${table}`;
  const columns = schema.fields.map((field) => ({ name: field.name, cqlType: columnType(name, field) }));
  if (partitionKey.length === 0) throw badDefinition(name, 'the partition key names no field');
  for (const key of [...partitionKey, ...clusteringKey]) {
    const field = schema.fields.find((candidate) => candidate.name === key);
    if (!field)
      throw badDefinition(name, `the primary key names ${key}, which is no field of ${schema.name}`);
    if (field.nullable)
      throw badDefinition(name, `field ${key} is in the primary key and must not be nullable`);
  }
  return { keyspace, table, columns, primaryKey: { partitionKey, clusteringKey } };
}

/** The columns of the primary key, in its order. */
export function keyColumns({ primaryKey }: TableDefinition): readonly string[] {
  return [...primaryKey.partitionKey, ...primaryKey.clusteringKey];
}

/**
 * The encoder of a column's values. Tables are created with the columns only that have one.
 *
 * @throws {CassandraError} `bad-definition`
 */
export function encoderOf(
  { keyspace, table }: TableDefinition,
  { name, cqlType }: ColumnDefinition,
): EncodeValue {
  const encode = encoderFor(cqlType);
  if (encode) return encode;
  throw badDefinition(
    `${keyspace}.${table}`,
    `column ${name} has the CQL type ${cqlType}, which is not supported; supported are ${supportedTypes.join(', ')}`,
  );
}

function columnType(table: string, { name, type }: Field): string {
  try {
    return cqlType(type);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw badDefinition(table, `field ${name}: ${error.message}`, error);
  }
}

function badDefinition(table: string, reason: string, cause?: unknown): CassandraError {
  const options = { retryable: false, ...(cause !== undefined && { cause }) };
  return new CassandraError('bad-definition', `table ${table}: ${reason}`, options);
}
