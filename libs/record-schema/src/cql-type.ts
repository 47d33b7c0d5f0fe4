import { SchemaError } from './errors.ts';
import type { FieldType, ScalarKind } from './schema.ts';

const cqlTypes: Readonly<Record<ScalarKind | 'decimal' | 'enum', string>> = {
  string: 'text',
  int: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  boolean: 'boolean',
  bytes: 'blob',
  uuid: 'uuid',
  'timestamp-millis': 'timestamp',
  // Microseconds since the epoch: a CQL timestamp counts milliseconds.
  'timestamp-micros': 'bigint',
  date: 'date',
  decimal: 'decimal',
  enum: 'text',
};

/**
 * The CQL type that holds every value of a field type without loss: a column with its values as they are. For
 * `timestamp-micros` it is bigint, us since the epoch.
 *
 * @throws {@link SchemaError} for arrays and records, which become rows of their own
 */
export function cqlType(type: FieldType): string {
  if (type.kind === 'array') {
    const items =
      type.items.kind === 'record' ? `records (${type.items.schema.name})` : `${type.items.kind} values`;
    throw new SchemaError(
      `a list of ${items} has no column: write it to a table of its own, with a row for each of them`,
    );
  }
  if (type.kind === 'record') {
    throw new SchemaError(
      `a record inside a record (${type.schema.name}) has no column: give its fields columns, or write it to a table of its own`,
    );
  }
  return cqlTypes[type.kind];
}
