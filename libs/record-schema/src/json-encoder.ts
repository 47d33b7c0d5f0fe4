import type { RecordSchema, RecordValue } from './schema.ts';
import { checkRecord, type FieldRule, fieldRule } from './value-rules.ts';

export interface JsonEncoder<T> {
  /**
   * Writes one record as UTF-8 JSON text: fields in schema order, timestamps as ISO-8601 in UTC with
   * milliseconds or microseconds, longs as JSON integers, decimals as JSON numbers with all their digits, bytes
   * as a string with a character for each, null for null.
   *
   * @throws DataError for a record that does not fit the schema
   */
  encode(record: T): Buffer;
}

/** The counterpart of `jsonDecoder`: what it writes is read back equal. */
export function jsonEncoder<T extends object = RecordValue>(schema: RecordSchema): JsonEncoder<T> {
  const rules = schema.fields.map((field) => fieldRule(field));
  const writers = writersOf(rules);
  return {
    encode(record) {
      checkRecord(rules, record);
      return Buffer.from(recordJson(writers, record));
    },
  };
}

interface FieldWriter {
  readonly rule: FieldRule;
  /** What stands before the value. */
  readonly prefix: string;
  /** For the records in the field: in an array, at whatever depth, or the field itself. */
  readonly inner: readonly FieldWriter[];
}

function writersOf(rules: readonly FieldRule[]): readonly FieldWriter[] {
  return rules.map((rule, index) => ({
    rule,
    prefix: `${index === 0 ? '{' : ','}${JSON.stringify(rule.name)}:`,
    inner: innerWriters(rule),
  }));
}

function innerWriters(rule: FieldRule): readonly FieldWriter[] {
  if (rule.kind === 'array') return innerWriters(rule.items);
  return rule.kind === 'record' ? writersOf(rule.fields) : [];
}

function recordJson(writers: readonly FieldWriter[], record: object): string {
  const values = record as Readonly<Record<string, unknown>>;
  let json = '';
  for (const { rule, prefix, inner } of writers) json += prefix + jsonOf(rule, values[rule.name], inner);
  return json + '}';
}

function jsonOf(rule: FieldRule, value: unknown, inner: readonly FieldWriter[]): string {
  if (value === null) return 'null';
  switch (rule.kind) {
    case 'string':
      return JSON.stringify(value);
    case 'uuid':
    case 'date':
    case 'enum':
      return `"${String(value)}"`;
    case 'timestamp-millis':
      return `"${new Date(value as number).toISOString()}"`;
    case 'timestamp-micros':
      return `"${microsText(value as bigint)}"`;
    case 'float':
      return numberJson(Math.fround(value as number));
    case 'double':
      return numberJson(value as number);
    case 'int':
    case 'long':
    case 'decimal':
    case 'boolean':
      return String(value);
    case 'bytes':
      return JSON.stringify((value as Buffer).toString('latin1'));
    case 'array':
      return `[${(value as readonly unknown[]).map((item) => jsonOf(rule.items, item, inner)).join()}]`;
    case 'record':
      return recordJson(inner, value as object);
  }
}

/** Keeps the sign of -0, which `String` and `JSON.stringify` drop. */
function numberJson(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function microsText(micros: bigint): string {
  const ofMilli = ((micros % 1000n) + 1000n) % 1000n;
  const millis = Number((micros - ofMilli) / 1000n);
  return new Date(millis).toISOString().replace('Z', `${String(ofMilli).padStart(3, '0')}Z`);
}
