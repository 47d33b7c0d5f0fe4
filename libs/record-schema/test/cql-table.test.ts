import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cqlType, type FieldType, parseSchema, SchemaError } from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, section = ''] = /## The table of columns\n(.*?)\n## /s.exec(readme) ?? [];

/** What an Avro type has beside its name. */
const attributes: Readonly<Record<FieldType['kind'], object>> = {
  string: {},
  int: {},
  long: {},
  float: {},
  double: {},
  boolean: {},
  bytes: {},
  uuid: {},
  'timestamp-millis': {},
  'timestamp-micros': {},
  date: {},
  decimal: { precision: 9, scale: 2 },
  enum: { name: 'E', symbols: ['A'] },
  array: { items: 'string' },
  record: { name: 'R', fields: [{ name: 'g', type: 'int' }] },
};

const rows = [...section.matchAll(/^\| `([\w-]+)`(?: of `(\w+)`)? +\| (?:`(\w+)`|none) +\|/gm)].map(
  ([, kind = '', base, column]) => ({ kind, base, column }),
);

function typeOf(avsc: unknown): FieldType {
  const schema = parseSchema({ type: 'record', name: 'T', fields: [{ name: 'f', type: avsc }] });
  return schema.fields[0]!.type;
}

it('the table of columns in README.md has every type', () => {
  expect(rows.map(({ kind }) => kind).sort()).toEqual(Object.keys(attributes).sort());
});

it.each(rows)('README.md says what column $kind has', ({ kind, base, column }) => {
  const logical = base === undefined ? { type: kind } : { type: base, logicalType: kind };
  const type = typeOf({ ...logical, ...attributes[kind as FieldType['kind']] });
  expect(type.kind).toBe(kind);
  if (column === undefined) expect(() => cqlType(type)).toThrow(SchemaError);
  else expect(cqlType(type)).toBe(column);
});

it.each([
  { type: 'map', values: 'string' },
  { type: 'fixed', name: 'F', size: 4 },
  ['string', 'int'],
  ['null', 'string', 'int'],
  { type: 'int', logicalType: 'time-millis' },
  { type: 'long', logicalType: 'local-timestamp-millis' },
  { type: 'fixed', name: 'F', size: 4, logicalType: 'decimal', precision: 4 },
])('%j is refused, with what to use', (avsc) => {
  expect(() => typeOf(avsc)).toThrow(/^field f: .* not supported; (?:use|remove)/);
});
