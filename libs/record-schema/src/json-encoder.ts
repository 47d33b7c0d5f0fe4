import { recordValidator } from './record-validator.ts';
import { type RecordSchema, type RecordValue } from './schema.ts';
import { type FieldRule, fieldRule } from './value-rules.ts';

export interface JsonEncoder<T> {
  /**
   * Writes one record as UTF-8 JSON text: fields in schema order, timestamps as ISO-8601 in UTC with
   * milliseconds, longs as JSON integers, null for null.
   *
   * @throws DataError for a record that does not fit the schema
   */
  encode(record: T): Buffer;
}

/**
 * The counterpart of `jsonDecoder`: what it writes is read back equal.
 *
 * @throws SchemaError for a field whose values cannot be written
 */
export function jsonEncoder<T extends object = RecordValue>(schema: RecordSchema): JsonEncoder<T> {
  const validate = recordValidator(schema);
  const fields = schema.fields.map((field, index) => ({
    rule: fieldRule(field),
    prefix: `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`,
  }));
  return {
    encode(record) {
      validate(record);
      const values = record as Readonly<Record<string, unknown>>;
      let json = '';
      for (const { rule, prefix } of fields) json += prefix + jsonOf(rule, values[rule.name]);
      return Buffer.from(json + '}');
    },
  };
}

function jsonOf({ kind }: FieldRule, value: unknown): string {
  if (value === null) return 'null';
  switch (kind) {
    case 'string':
      return JSON.stringify(value);
    case 'uuid':
      return `"${String(value)}"`;
    case 'timestamp-millis':
      return `"${new Date(value as number).toISOString()}"`;
    case 'float':
      return numberJson(Math.fround(value as number));
    case 'double':
      return numberJson(value as number);
    case 'int':
    case 'long':
    case 'boolean':
      return String(value);
  }
}

/** Keeps the sign of -0, which `String` and `JSON.stringify` drop. */
function numberJson(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
