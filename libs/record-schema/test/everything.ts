import fc from 'fast-check';
import { parseSchema } from '../src/parse-schema.ts';
import type { FieldValue } from '../src/schema.ts';

const uuid = { type: 'string', logicalType: 'uuid' };
const timestamp = { type: 'long', logicalType: 'timestamp-millis' };
const kinds = {
  string: 'string',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  boolean: 'boolean',
  uuid,
  timestamp,
  micros: { type: 'long', logicalType: 'timestamp-micros' },
  date: { type: 'int', logicalType: 'date' },
  decimal: { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 9 },
  whole: { type: 'bytes', logicalType: 'decimal', precision: 20 },
  bytes: 'bytes',
};
const symbols = ['low', 'high'];

/** Every kind of field, by itself, nullable, and in a list of records. */
export const schema = parseSchema({
  type: 'record',
  name: 'Everything',
  fields: [
    ...Object.entries(kinds).flatMap(([name, type]) => [
      { name, type },
      { name: `${name}_or_null`, type: ['null', type] },
    ]),
    { name: 'enum', type: { type: 'enum', name: 'Level', symbols } },
    { name: 'list', type: { type: 'array', items: { type: 'array', items: 'long' } } },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: Object.entries(kinds).map(([name, type]) => ({ name, type: ['null', type] })),
        },
      },
    },
  ],
});
/** Every field, as errors name it. */
export const paths = new Set(schema.fields.flatMap(({ name }) => [name, ...inside(name)]));

/** The fields of the lines, as errors name them. */
function inside(name: string): string[] {
  return name === 'lines' ? Object.keys(kinds).map((field) => `lines.${field}`) : [];
}

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\0', '\u007f', 'é', '\u2028', '😀'),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
});
const values = {
  string: text,
  int: fc.integer(),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  uuid: fc.uuid(),
  timestamp: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  micros: fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  date: fc
    .integer({ min: -719_162, max: 2_932_896 })
    .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10)),
  decimal: fc
    .tuple(
      fc.bigInt({ min: 0n, max: 10n ** 21n - 1n }),
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.boolean(),
    )
    .map(
      ([whole, part, below]) => `${below && (whole > 0n || part > 0) ? '-' : ''}${whole}.${nineDigits(part)}`,
    ),
  whole: fc.bigInt({ min: 1n - 10n ** 20n, max: 10n ** 20n - 1n }).map(String),
  bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
};
const lines = fc.array(
  fc.record(
    Object.fromEntries(
      Object.entries<fc.Arbitrary<FieldValue>>(values).map(([name, value]) => [name, fc.option(value)]),
    ),
  ),
  { maxLength: 3 },
);
/** Records of {@link schema}. */
export const records = fc.record({
  ...Object.fromEntries(
    Object.entries<fc.Arbitrary<FieldValue>>(values).flatMap(([name, value]) => [
      [name, value],
      [`${name}_or_null`, fc.option(value)],
    ]),
  ),
  enum: fc.constantFrom(...symbols),
  list: fc.array(fc.array(values.long, { maxLength: 3 }), { maxLength: 3 }),
  lines,
});

function nineDigits(number: number): string {
  return String(number).padStart(9, '0');
}

/** Edits of the bytes: replace, insert or take out a few, at random places. */
export const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom(
          '"',
          '\\',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '0',
          '-',
          'e9',
          '.',
          'null',
          '\\ud800',
          ' ',
          'é',
          '"a":1,',
        )
        .map((piece) => Buffer.from(piece)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

export function edited(
  bytes: Buffer,
  { at, remove, insert }: { at: number; remove: number; insert: Uint8Array },
): Buffer {
  const from = Math.floor(at * bytes.length);
  return Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
}
