export { cqlType } from './cql-type.ts';
export { DataError, type DataErrorReason, dataErrorReasons, RecordError, SchemaError } from './errors.ts';
export { parseSchema } from './parse-schema.ts';
export { recordValidator } from './record-validator.ts';
export {
  type Field,
  type FieldType,
  type FieldValue,
  type RecordSchema,
  type RecordValue,
  type ScalarKind,
} from './schema.ts';
