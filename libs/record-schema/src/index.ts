export { avroDecoder, type AvroDecoder } from './avro-decoder.ts';
export { avroEncoder, type AvroEncoder, type AvroEncoderOptions } from './avro-encoder.ts';
export { AvroTap } from './avro-tap.ts';
export { type WriterSchema } from './avro-types.ts';
export { cqlType } from './cql-type.ts';
export { DataError, type DataErrorReason, dataErrorReasons, RecordError, SchemaError } from './errors.ts';
export { jsonDecoder, type JsonDecoder, type JsonDecoderOptions } from './json-decoder.ts';
export { jsonEncoder, type JsonEncoder } from './json-encoder.ts';
export { JsonScanner } from './json-scanner.ts';
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
export { renderTypeScript } from './type-script.ts';
export { isLowerCaseUuid } from './value-rules.ts';
