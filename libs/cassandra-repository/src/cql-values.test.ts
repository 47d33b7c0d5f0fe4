import { expect, test } from 'vitest';
import { encoderFor } from './cql-values.ts';

function hex(type: string, value: unknown): string | undefined {
  return encoderFor(type)?.(value)?.toString('hex');
}

// As the native protocol has them: big endian, two's complement, IEEE 754.
test.each([
  ['text', '', ''],
  ['text', 'é🙂', 'c3a9f09f9982'],
  ['int', -2, 'fffffffe'],
  ['int', 2 ** 31 - 1, '7fffffff'],
  ['bigint', 9_007_199_254_740_993n, '0020000000000001'],
  ['bigint', -(2n ** 63n), '8000000000000000'],
  ['bigint', -1, 'ffffffffffffffff'],
  ['bigint', Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
  ['float', 1.5, '3fc00000'],
  ['double', -0.5, 'bfe0000000000000'],
  ['boolean', true, '01'],
  ['boolean', false, '00'],
  ['blob', Buffer.from([1, 2]), '0102'],
  ['uuid', '0B8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3c', '0b8b6a0e6f4b4b578c2b6d0b6f1f2a3c'],
  ['timestamp', -1, 'ffffffffffffffff'],
  ['timestamp', 8.64e15, '001eb208c2dc0000'],
  ['date', '1970-01-01', '80000000'],
  ['date', '1969-12-31', '7fffffff'],
  ['date', '2024-02-29', '80004d46'],
  ['date', '0001-01-01', '7ff506c6'],
  ['date', '9999-12-31', '802cc0a0'],
  ['varint', '0', '00'],
  ['varint', '127', '7f'],
  ['varint', '128', '0080'],
  ['varint', '-128', '80'],
  ['varint', '-129', 'ff7f'],
  ['varint', '65536', '010000'],
  ['varint', String(-(2n ** 64n)), 'ff0000000000000000'],
  ['decimal', '7', '0000000007'],
  ['decimal', '12.50', '0000000204e2'],
  ['decimal', '-0.05', '00000002fb'],
  ['decimal', '0.00', '0000000200'],
  ['decimal', '123456789012345678901.1', '0000000142ed123b0bd8203a13'],
])('encodes the %s %s', (type, value, expected) => {
  expect(hex(type, value)).toBe(expected);
});

test.each([
  ['text', 1],
  ['int', 1.5],
  ['int', 2 ** 31],
  ['int', '1'],
  ['int', Number.NaN],
  ['bigint', 2n ** 63n],
  ['bigint', 2 ** 53],
  ['bigint', '1'],
  ['float', '1'],
  ['double', 1n],
  ['boolean', 1],
  ['blob', 'text'],
  ['uuid', '0b8b6a0e6f4b4b578c2b6d0b6f1f2a3c'],
  ['uuid', '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3g'],
  ['uuid', '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3'],
  ['uuid', '0b8b6a0e-6f4b-4b57-8c2b_6d0b6f1f2a3c'],
  ['timestamp', new Date(0)],
  ['timestamp', 0.5],
  ['timestamp', 8.64e15 + 1],
  ['date', '2023-02-29'],
  ['date', '2024-13-01'],
  ['date', '2024-1-01'],
  ['date', '0000-01-01'],
  ['date', '2024-01-01T00:00:00Z'],
  ['date', 0],
  ['varint', '1.0'],
  ['varint', ''],
  ['varint', 1n],
  ['decimal', 1.5],
  ['decimal', '1.'],
  ['decimal', '.5'],
  ['decimal', '1e3'],
  ['decimal', '0x1'],
])('refuses, as a %s, %s', (type, value) => {
  expect(hex(type, value)).toBeUndefined();
});
