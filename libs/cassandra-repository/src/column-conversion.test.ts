import { expect, test } from 'vitest';
import { convertibleTypes, convertingEncoder, convertingReader } from './column-conversion.ts';
import { encoderFor } from './cql-values.ts';

const types = [
  'text',
  'ascii',
  'int',
  'smallint',
  'bigint',
  'counter',
  'varint',
  'decimal',
  'float',
  'double',
  'boolean',
  'blob',
  'uuid',
  'timeuuid',
  'timestamp',
  'date',
  'time',
];

// The golden list: a type that is not named here is refused.
test.each([
  ['text', []],
  ['int', ['text', 'bigint', 'varint', 'decimal', 'double']],
  ['bigint', ['text', 'varint', 'decimal']],
  ['float', ['text', 'double']],
  ['double', ['text']],
  ['decimal', ['text']],
  ['boolean', ['text']],
  ['blob', []],
  ['uuid', ['text']],
  ['timestamp', ['text', 'bigint']],
  ['date', ['text']],
])('converts a %s for columns of %j and no others', (defined, found) => {
  expect(types.filter((type) => convertibleTypes(defined, false).includes(type)).sort()).toEqual(
    found.sort(),
  );
});

test.each([
  ['uuid', ['text']],
  ['int', ['bigint', 'varint']],
  ['bigint', ['varint']],
  ['text', []],
  ['double', []],
  ['decimal', []],
  ['timestamp', []],
  ['date', []],
  ['boolean', []],
])('converts a %s in the primary key for columns of %j and no others', (defined, found) => {
  expect(convertibleTypes(defined, true)).toEqual(found);
});

const uuid = '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3c';

/** Defined type, value, found type, what is stored as `CassandraSession.query` shows it. */
const golden: [string, unknown, string, unknown][] = [
  ['int', -41, 'text', '-41'],
  ['int', 0, 'text', '0'],
  ['int', -(2 ** 31), 'bigint', -(2n ** 31n)],
  ['int', 41, 'varint', '41'],
  ['int', -41, 'decimal', '-41'],
  ['int', 2 ** 31 - 1, 'double', 2_147_483_647],
  ['bigint', 9_007_199_254_740_993n, 'text', '9007199254740993'],
  ['bigint', -(2n ** 63n), 'text', '-9223372036854775808'],
  ['bigint', 2n ** 63n - 1n, 'varint', '9223372036854775807'],
  ['bigint', -1n, 'decimal', '-1'],
  ['float', Math.fround(0.1), 'text', '0.10000000149011612'],
  ['float', -1.5, 'double', -1.5],
  ['double', 12.5, 'text', '12.5'],
  ['double', 0.1, 'text', '0.1'],
  ['double', 1e21, 'text', '1e+21'],
  ['double', 1e-7, 'text', '1e-7'],
  ['double', 100, 'text', '100'],
  ['double', -0, 'text', '-0'],
  ['double', 5e-324, 'text', '5e-324'],
  ['double', Number.NaN, 'text', 'NaN'],
  ['double', -Infinity, 'text', '-Infinity'],
  ['decimal', '12.50', 'text', '12.50'],
  ['decimal', '-0.05', 'text', '-0.05'],
  ['boolean', true, 'text', 'true'],
  ['boolean', false, 'text', 'false'],
  ['uuid', uuid, 'text', uuid],
  ['timestamp', 0, 'text', '1970-01-01T00:00:00.000Z'],
  ['timestamp', -1, 'text', '1969-12-31T23:59:59.999Z'],
  ['timestamp', 253_402_300_799_999, 'text', '9999-12-31T23:59:59.999Z'],
  ['timestamp', 253_402_300_800_000, 'text', '+010000-01-01T00:00:00.000Z'],
  ['timestamp', -62_135_596_800_000, 'text', '0001-01-01T00:00:00.000Z'],
  ['timestamp', 1_709_210_096_789, 'bigint', 1_709_210_096_789n],
  ['date', '2024-02-29', 'text', '2024-02-29'],
];

test.each(golden)('keeps the %s %s in a %s as %s, and reads it back', (defined, value, found, stored) => {
  const conversion = { column: 'c', defined, found };
  const bytes = convertingEncoder(conversion)?.(value);
  expect(bytes).toEqual(storedBytes(found, stored));
  expect(convertingReader(conversion)(stored)).toBe(value);
});

function storedBytes(found: string, stored: unknown): Buffer | undefined {
  return found === 'text' ? Buffer.from(stored as string) : encoderFor(found)?.(stored);
}

test('takes for a text what has one as its own type: an upper-case uuid, a number for a bigint', () => {
  const encode = (defined: string, value: unknown) =>
    convertingEncoder({ column: 'c', defined, found: 'text' })?.(value)?.toString();
  expect(encode('uuid', uuid.toUpperCase())).toBe(uuid);
  expect(encode('bigint', 5)).toBe('5');
  expect(encode('float', 0.1)).toBe('0.10000000149011612');
});

test.each([
  ['int', 1.5],
  ['int', '41'],
  ['bigint', 2n ** 63n],
  ['double', '1'],
  ['boolean', 'true'],
  ['uuid', 'nobody'],
  ['timestamp', 8.64e15 + 1],
  ['date', '2023-02-29'],
  ['decimal', '1e3'],
])('refuses for a text what is no %s: %s', (defined, value) => {
  expect(convertingEncoder({ column: 'c', defined, found: 'text' })?.(value)).toBeUndefined();
});

test.each([
  ['int', 'text', 'n/a'],
  ['int', 'text', '041'],
  ['int', 'text', ''],
  ['int', 'bigint', 2n ** 31n],
  ['int', 'double', 1.5],
  ['bigint', 'text', '0x10'],
  ['bigint', 'text', '9223372036854775808'],
  ['bigint', 'decimal', '1.0'],
  ['float', 'double', 0.1],
  ['double', 'text', '12.50'],
  ['boolean', 'text', 'TRUE'],
  ['uuid', 'text', uuid.toUpperCase()],
  ['timestamp', 'text', '2024-02-29'],
  ['timestamp', 'bigint', 2n ** 60n],
  ['date', 'text', '2024-02-30'],
  ['decimal', 'text', '12,50'],
])('gives as it is stored, for %s in a %s, what no write leaves: %s', (defined, found, stored) => {
  expect(convertingReader({ column: 'c', defined, found })(stored)).toBe(stored);
});

test('reads a null as null', () => {
  expect(convertingReader({ column: 'c', defined: 'int', found: 'text' })(null)).toBeNull();
});
