import { SchemaError } from './errors.ts';
import { type FieldType, type ScalarKind } from './schema.ts';

const cqlTypes: Readonly<Record<Exclude<ScalarKind, 'timestamp-micros'>, string>> = {
  string: 'text',
  int: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  boolean: 'boolean',
  bytes: 'blob',
  uuid: 'uuid',
  'timestamp-millis': 'timestamp',
  date: 'date',
};

/**
 * The CQL type that holds every value of a field type without loss.
 *
 * @throws {@link SchemaError} for `timestamp-micros`: a CQL timestamp counts milliseconds
 */
export function cqlType(type: FieldType): string {
  if (type.kind === 'decimal') return 'decimal';
  if (type.kind === 'timestamp-micros') {
    throw new SchemaError(
      'timestamp-micros has no CQL type that keeps microseconds; use long or timestamp-millis',
    );
  }
  return cqlTypes[type.kind];
}
