import { cqlType, type Field, parseSchema, renderTypeScript, SchemaError } from '@sluice/record-schema';

/** What the enrichment adds to a message to make a row. What it derives from personal fields is personal as well. */
const enrichment = [
  {
    name: 'full_name',
    type: ['null', 'string'],
    default: null,
    doc: 'First and last name, one space between.',
  },
  {
    name: 'email_domain',
    type: ['null', 'string'],
    default: null,
    doc: 'What follows the last @ of the e-mail address, in lower case.',
  },
  {
    name: 'age_group',
    type: ['null', 'string'],
    default: null,
    doc: 'under-18, 18-24, 25-34, 35-44, 45-54, 55-64 or 65-plus.',
  },
  {
    name: 'source_partition',
    type: 'int',
    personal: false,
    doc: 'Partition of the message the row was made from.',
  },
  { name: 'source_offset', type: 'long', personal: false, doc: 'Offset of that message.' },
  {
    name: 'event_time',
    type: { type: 'long', logicalType: 'timestamp-millis' },
    personal: false,
    doc: 'Timestamp of that message.',
  },
];

interface RecordAvsc {
  readonly fields: readonly object[];
}

/** Text of avro/user-row.avsc: the fields of the message, then those of the enrichment. */
export function rowAvscText(recordText: string): string {
  return JSON.stringify(rowAvsc(JSON.parse(recordText) as RecordAvsc), null, 2) + '\n';
}

/** Text of src/user-record.generated.ts. */
export function generatedSource(recordText: string): string {
  const record = JSON.parse(recordText) as RecordAvsc;
  return [
    '// Generated from avro/user-record.avsc by `nx run user-schema:generate`; do not edit.',
    '',
    renderTypeScript(parseSchema(record)),
    renderTypeScript(parseSchema(rowAvsc(record))),
  ].join('\n');
}

/** Text of avro/user-row.columns.json: the columns of the row's table, for readers in other languages. */
export function columnsText(recordText: string): string {
  return JSON.stringify(userColumns(JSON.parse(recordText)), null, 2) + '\n';
}

/** A column of the row's table: what holds the values of a field. Beside these, a decimal has `precision` and `scale`. */
interface Column {
  readonly name: string;
  /** The field's Avro type: the logical type where it has one. */
  readonly kind: string;
  readonly cqlType: string;
  readonly nullable: boolean;
  readonly origin: 'message' | 'enrichment';
}

/**
 * The columns of the row's table, in the order of the fields.
 *
 * @param avsc the message's schema, as parsed JSON
 * @throws SchemaError where the schema is not a record, or a field has no column
 */
export function userColumns(avsc: unknown): readonly Column[] {
  const messageFields = parseSchema(avsc).fields.length;
  return parseSchema(rowAvsc(avsc as RecordAvsc)).fields.map((field, index) => ({
    name: field.name,
    ...field.type,
    cqlType: columnType(field),
    nullable: field.nullable,
    origin: index < messageFields ? 'message' : 'enrichment',
  }));
}

function columnType({ name, type }: Field): string {
  try {
    return cqlType(type);
  } catch (cause) {
    if (!(cause instanceof SchemaError)) throw cause;
    throw new SchemaError(cause.message, { field: name, cause });
  }
}

function rowAvsc(record: RecordAvsc): RecordAvsc {
  return {
    ...record,
    ...{ name: 'UserRow', doc: 'A row of the table user_records: a message and its enrichment.' },
    fields: [...record.fields, ...enrichment],
  };
}
