import { parseSchema, renderTypeScript } from '@sluice/record-schema';

/** What the enrichment adds to a message to make a row. */
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
  { name: 'source_partition', type: 'int', doc: 'Partition of the message the row was made from.' },
  { name: 'source_offset', type: 'long', doc: 'Offset of that message.' },
  {
    name: 'event_time',
    type: { type: 'long', logicalType: 'timestamp-millis' },
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

function rowAvsc(record: RecordAvsc): RecordAvsc {
  return {
    ...record,
    ...{ name: 'UserRow', doc: 'A row of the table user_records: a message and its enrichment.' },
    fields: [...record.fields, ...enrichment],
  };
}
