import { describe, expect, it } from 'vitest';
import { DataError, dataErrorReasons } from './errors.ts';
import { jsonDecoder } from './json-decoder.ts';
import { parseSchema } from './parse-schema.ts';

const schema = parseSchema({
  type: 'record',
  name: 'T',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
});
const orders = parseSchema({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, default: '' },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: { type: 'record', name: 'Line', fields: [{ name: 'note', type: ['null', 'string'] }] },
      },
    },
  ],
});

function codeOf(value: string, of = schema): string | undefined {
  try {
    jsonDecoder(of).decode(Buffer.from(value));
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return error.code;
    throw error;
  }
}

describe('jsonDecoder', () => {
  it('gives the fields in schema order, whatever the order of the text', () => {
    const record = jsonDecoder(schema).decode(Buffer.from('{"note":"a","x":1,"id":2}'));
    expect(Object.keys(record)).toStrictEqual(['id', 'note']);
  });

  it('reads a part of a larger buffer', () => {
    const bytes = new TextEncoder().encode('xx{"id":1,"note":"é"}yy');
    expect(jsonDecoder(schema).decode(bytes.subarray(2, -2))).toStrictEqual({ id: 1n, note: 'é' });
  });

  it('counts unknown fields, and names each of the first 20 once', () => {
    const names: string[] = [];
    const decoder = jsonDecoder(schema, { onUnknownField: (name) => names.push(name) });
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 30; index++) decoder.decode(Buffer.from(`{"id":1,"x${index}":[{}]}`));
    }
    expect(names).toStrictEqual(Array.from({ length: 20 }, (_, index) => `x${index}`));
    expect(decoder.unknownFields).toBe(60);
  });

  it('counts the unknown fields of the records inside', () => {
    const names: string[] = [];
    const decoder = jsonDecoder(orders, { onUnknownField: (name) => names.push(name) });
    decoder.decode(Buffer.from('{"x":1,"lines":[{"x":1},{"y":{"z":1},"note":"a"}]}'));
    expect(names).toStrictEqual(['x', 'y']);
    expect(decoder.unknownFields).toBe(3);
  });

  it('gives each record inside its own fields, absent ones too', () => {
    const { lines } = jsonDecoder(orders).decode(Buffer.from('{"lines":[{},{"x":1,"note":"a"}],"total":5}'));
    expect(lines).toStrictEqual([{ note: null }, { note: 'a' }]);
  });

  it('cuts a long unknown name', () => {
    const names: string[] = [];
    const decoder = jsonDecoder(schema, { onUnknownField: (name) => names.push(name) });
    decoder.decode(Buffer.from(`{"id":1,"${'x'.repeat(5000)}":1}`));
    expect(names).toStrictEqual(['x'.repeat(100)]);
  });

  it('keeps no state from one value to the next', () => {
    const decoder = jsonDecoder(schema);
    expect(() => decoder.decode(Buffer.from('{"id":1,"note":"a","x":{"y":"\\ud800"}}'))).toThrow(DataError);
    expect(() => decoder.decode(Buffer.from('{"note":7'))).toThrow(DataError);
    expect(decoder.decode(Buffer.from('{"id":2}'))).toStrictEqual({ id: 2n, note: null });
  });

  it('names field and reason in its errors, never the value', () => {
    const decode = () => jsonDecoder(schema).decode(Buffer.from('{"id":"secret"}'));
    expect(decode).toThrow(
      expect.objectContaining({
        code: 'id:not-a-number',
        field: 'id',
        reason: 'not-a-number',
        retryable: false,
      }),
    );
    expect(decode).toThrow(/^id:not-a-number: the string does not hold a JSON number$/);
  });

  it.each([
    ['a long exponent', '{"id":1e' + '9'.repeat(900_000) + '}', 'id:out-of-range'],
    ['a long integer', '{"id":' + '9'.repeat(900_000) + '}', 'id:out-of-range'],
    ['a long fraction', '{"id":0.' + '0'.repeat(900_000) + '1}', 'id:not-an-integer'],
    ['a long run of zeros', '{"id":1.' + '0'.repeat(900_000) + '}', undefined],
    ['a long integer in a string', '{"id":"' + '1'.repeat(900_000) + 'x"}', 'id:not-a-number'],
    ['many escapes', '{"id":1,"note":"' + '\\u00e9'.repeat(150_000) + '"}', undefined],
    ['many non-ASCII escapes and characters', '{"id":1,"note":"' + '\\né😀'.repeat(90_000) + '"}', undefined],
    ['much white space', '{"id":1' + ' '.repeat(900_000) + '}', undefined],
    [
      'many unknown fields',
      `{"id":1${Array.from({ length: 60_000 }, (_, index) => `,"x${index}":1`).join('')}}`,
      undefined,
    ],
    ['a deep nest', '{"x":' + '['.repeat(900_000), 'too-deep'],
  ])('takes linear time for %s', { timeout: 2000 }, (_, value, code) => {
    expect(codeOf(value)).toBe(code);
  });

  it.each([
    [
      'a decimal with a long exponent',
      '{"total":1e' + '9'.repeat(900_000) + ',"lines":[]}',
      'total:out-of-range',
    ],
    ['a decimal with many zeros', '{"total":1.' + '0'.repeat(900_000) + ',"lines":[]}', undefined],
    [
      'a decimal with many digits',
      '{"total":"0.' + '1'.repeat(900_000) + '","lines":[]}',
      'total:out-of-range',
    ],
    ['many records', '{"lines":[' + '{"note":"é"},'.repeat(70_000) + '{}]}', undefined],
    ['a deep nest for a list', '{"lines":' + '['.repeat(900_000), 'lines:wrong-type'],
    ['a deep nest in a record', '{"lines":[{"x":' + '['.repeat(900_000), 'lines:too-deep'],
  ])('takes linear time for %s', { timeout: 2000 }, (_, value, code) => {
    expect(codeOf(value, orders)).toBe(code);
  });
});

it('the reasons of data errors are kebab-case and distinct', () => {
  expect(new Set(dataErrorReasons).size).toBe(dataErrorReasons.length);
  for (const reason of dataErrorReasons) expect(reason).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});
