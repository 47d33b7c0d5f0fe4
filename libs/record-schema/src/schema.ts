/**
 * The type of a field: an Avro primitive or logical type, an enum, an array or a record. The last two are for
 * messages: a table has no column for them.
 *
 * As JavaScript values: `decimal` the text of the number with exactly `scale` digits after the point, as in
 * '-0.05', never '-0.00'; `enum` one of the symbols; `array` an array of values, none of them null; `record` an
 * object with every field of its schema.
 */
export type FieldType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: FieldType }
  | { readonly kind: 'record'; readonly schema: RecordSchema };

/**
 * Types without parameters. As JavaScript values: `string` string; `int`, `float`, `double` number; `long`
 * bigint; `boolean` boolean; `bytes` Buffer; `uuid` lower-case string; `timestamp-millis` number (epoch ms);
 * `timestamp-micros` bigint (epoch us); `date` string (YYYY-MM-DD).
 */
export type ScalarKind =
  | 'string'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'bytes'
  | 'uuid'
  | 'timestamp-millis'
  | 'timestamp-micros'
  | 'date';

/** The value of a field that is neither an array nor a record. */
export type ScalarValue = string | number | bigint | boolean | Buffer | null;

/** The value of a field in a record. */
export type FieldValue = ScalarValue | readonly FieldValue[] | RecordValue;

/** A record as JavaScript sees it: every field of its schema, in schema order. */
export interface RecordValue {
  [field: string]: FieldValue;
}

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Whether the Avro type is a union with null. An absent nullable field is read as null. */
  readonly nullable: boolean;
  /** What an absent field is read as, as a JavaScript value. Undefined: there is none. */
  readonly default?: FieldValue;
  readonly doc?: string;
  /** Names that the field had before: messages with one of them are read as if they had `name`. */
  readonly aliases?: readonly string[];
  /** Smallest value allowed. An extra attribute of the Avro field, with the meaning JSON Schema gives it. */
  readonly minimum?: number;
  /** Largest value allowed, as {@link Field.minimum}. */
  readonly maximum?: number;
  /**
   * Whether the values say something about a person. An extra attribute of the Avro field. Absent means personal: only
   * `false` lets a value be shown to everybody.
   */
  readonly personal?: boolean;
}

export interface RecordSchema {
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly Field[];
  /** The Avro schema this was read from, as JSON: what a schema registry is given. */
  readonly avsc: unknown;
}
