/** Base of every error of this library. None is retryable: the same input fails the same way again. */
export abstract class RecordError extends Error {
  /** Stable, kebab-case; a field's name and a colon may stand before it. */
  readonly code: string;
  readonly retryable = false;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A schema that is not valid Avro, or that asks for something this library does not support. */
export class SchemaError extends RecordError {
  override readonly name = 'SchemaError';
  /** The field at fault, where it is one field. */
  readonly field: string | undefined;

  constructor(message: string, { field, ...options }: ErrorOptions & { readonly field?: string } = {}) {
    super(field === undefined ? message : `field ${field}: ${message}`, 'bad-schema', options);
    this.field = field;
  }
}

const meanings = {
  // The value as a whole.
  'empty-value': 'the value has no bytes',
  bom: 'the value begins with a byte order mark',
  'invalid-utf8': 'the value is not valid UTF-8',
  'bad-json': 'the value is not valid JSON',
  'not-an-object': 'the value is not a JSON object',
  'trailing-bytes': 'bytes follow the value, other than white space after JSON',
  'bad-avro': 'the value is not what its schema says in Avro binary encoding: cut short, or not Avro',
  'too-deep': 'an unknown field is nested too deeply',
  // The value as a whole, or a record inside it where its field is named.
  'unknown-field': 'the record has a property that the schema does not name',
  // A key or a string, of the named field where one is named.
  'duplicate-key': 'a key occurs twice',
  'lone-surrogate': 'a string holds half of a surrogate pair',
  'control-character': 'a string holds a control character that is not escaped',
  // A field.
  missing: 'the field is required and absent',
  null: 'the field is required and null',
  'wrong-type': 'the value has a type that the field cannot take',
  'not-a-number': 'the string does not hold a JSON number',
  'not-an-integer': 'the number has a fraction',
  'not-a-boolean': 'the string is neither true nor false',
  'non-finite': 'the number is too large for its type, or is not a number',
  'out-of-range': 'the value is outside the range of the field',
  'bad-uuid': 'the string is not a UUID of the form 8-4-4-4-12',
  'bad-decimal': 'the text does not have exactly the digits of its scale after the point, or is minus zero',
  'not-bytes': 'the string has a character beyond U+00FF, which stands for no byte',
  'unknown-symbol': 'the string is none of the symbols of the enum',
  'bad-date': 'the string is not a date of the form YYYY-MM-DD',
  'bad-timestamp': 'the string is not an ISO-8601 date or date-time',
  'no-time-zone': 'the date-time has no time zone',
  'impossible-date': 'the date or the time of day does not exist',
  // What surrounds the value in a message.
  'bad-key': 'the message key is not a key of this record',
  'key-mismatch': 'the message key differs from the key in the value',
  'bad-write-timestamp': 'the write timestamp is malformed, or too small for microseconds since the epoch',
  'missing-timestamp': 'the message has no timestamp',
  'future-timestamp': 'the message timestamp lies too far in the future',
  'short-frame': 'the value ends within the schema id that it begins with',
  'schema-id-in-header':
    'the schema id of the value is in a header, which is not read: it has to be in the value',
  'long-schema-id':
    'the value begins with a schema id of eight bytes, which is not read: it has to have four',
  'no-registry': 'the value is framed for a schema registry, and none is configured',
  'unknown-schema': 'the schema registry does not know the schema id that the value begins with',
  'incompatible-schema':
    'the schema that the value was written with cannot be read as the schema of this topic',
  // What was made of the value.
  'transform-failed': 'the transform of the pipeline threw an error',
} as const;

/** Why a record is refused. The list is closed: dead letters, metrics and the Python reader use these words. */
export type DataErrorReason = keyof typeof meanings;

/** Every {@link DataErrorReason}. */
export const dataErrorReasons = Object.keys(meanings) as readonly DataErrorReason[];

/**
 * A record that is refused because of its own content. Names the field and the reason, never the value.
 *
 * `code` is `field:reason`, as in `latitude:out-of-range`, or the reason alone where no field of the schema
 * is at fault. The field of a nested record has the names on the way to it before its own, without the place in
 * an array: `lines.quantity:out-of-range`. `field` always has names from the schema, never from the data, so
 * that codes are few.
 */
export class DataError extends RecordError {
  override readonly name = 'DataError';
  readonly field: string | undefined;
  readonly reason: DataErrorReason;

  /** @param detail what else is known, without a value of the record; cut after 500 characters */
  constructor(
    reason: DataErrorReason,
    field?: string,
    { detail, ...options }: ErrorOptions & { readonly detail?: string } = {},
  ) {
    const code = field === undefined ? reason : `${field}:${reason}`;
    const more = detail === undefined ? '' : ` (${detail.slice(0, 500)})`;
    super(`${code}: ${meanings[reason]}${more}`, code, options);
    this.field = field;
    this.reason = reason;
  }
}
