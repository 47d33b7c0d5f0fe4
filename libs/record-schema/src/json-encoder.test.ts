import { describe, expect, it } from 'vitest';
import { DataError } from './errors.ts';
import { jsonDecoder } from './json-decoder.ts';
import { jsonEncoder } from './json-encoder.ts';
import { parseSchema } from './parse-schema.ts';
import { recordValidator } from './record-validator.ts';

const schema = parseSchema({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'count', type: 'int', minimum: 0, maximum: 10 },
    { name: 'total', type: 'long', maximum: 9_007_199_254_740_991 },
    { name: 'share', type: 'float', maximum: 0.1 },
    { name: 'degrees', type: 'double', minimum: -90 },
    { name: 'ok', type: 'boolean' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});
const record = {
  id: '7a0eed16-9430-4d68-901f-c0d4c1c3bf00',
  note: 'Zoé said "hi"\n😀',
  count: 3,
  total: -9_223_372_036_854_775_808n,
  share: 0.1,
  degrees: -0,
  ok: true,
  at: -1,
};

describe('jsonEncoder', () => {
  it('writes fields in schema order, instants in UTC with milliseconds, numbers in full', () => {
    const shuffled = Object.fromEntries(Object.entries(record).reverse());
    expect(jsonEncoder(schema).encode(shuffled).toString()).toBe(
      '{"id":"7a0eed16-9430-4d68-901f-c0d4c1c3bf00","note":"Zoé said \\"hi\\"\\n😀","count":3,' +
        '"total":-9223372036854775808,"share":0.10000000149011612,"degrees":-0,"ok":true,' +
        '"at":"1969-12-31T23:59:59.999Z"}',
    );
  });

  it('writes null for null', () => {
    const json = JSON.parse(
      jsonEncoder(schema)
        .encode({ ...record, note: null })
        .toString(),
    ) as object;
    expect(json).toMatchObject({ note: null });
  });

  it('refuses a record that does not fit', () => {
    expect(() => jsonEncoder(schema).encode({ ...record, count: 11 })).toThrow(DataError);
  });
});

describe('recordValidator', () => {
  const validate = recordValidator(schema);

  it('takes a record that fits', () => {
    expect(() => validate(record)).not.toThrow();
    expect(() => validate({ ...record, note: null })).not.toThrow();
  });

  it.each([
    [{ id: null }, 'id:null'],
    [{ id: undefined }, 'id:missing'],
    [{ note: undefined }, 'note:missing'],
    [{ id: record.id.toUpperCase() }, 'id:bad-uuid'],
    [{ id: 7 }, 'id:wrong-type'],
    [{ note: 7 }, 'note:wrong-type'],
    [{ note: 'a\udc00' }, 'note:lone-surrogate'],
    [{ count: 3n }, 'count:wrong-type'],
    [{ count: 0.5 }, 'count:not-an-integer'],
    [{ count: NaN }, 'count:non-finite'],
    [{ count: -1 }, 'count:out-of-range'],
    [{ total: 3 }, 'total:wrong-type'],
    [{ total: 9_007_199_254_740_992n }, 'total:out-of-range'],
    [{ total: -9_223_372_036_854_775_809n }, 'total:out-of-range'],
    [{ share: 0.11 }, 'share:out-of-range'],
    [{ share: -1e39 }, 'share:non-finite'],
    [{ share: '0' }, 'share:wrong-type'],
    [{ degrees: -90.5 }, 'degrees:out-of-range'],
    [{ degrees: -Infinity }, 'degrees:non-finite'],
    [{ degrees: null }, 'degrees:null'],
    [{ ok: 1 }, 'ok:wrong-type'],
    [{ at: new Date() }, 'at:wrong-type'],
    [{ at: 1.5 }, 'at:not-an-integer'],
    [{ at: -62_135_596_800_001 }, 'at:out-of-range'],
    [{ at: 253_402_300_800_000 }, 'at:out-of-range'],
    [{ nota: 'x' }, 'unknown-field'],
  ])('refuses %o as %s', (change, code) => {
    expect(() => validate({ ...record, ...change })).toThrow(
      expect.objectContaining({ name: 'DataError', code }),
    );
  });

  it.each([null, undefined, 'x', 7])('refuses %j, which is no record', (value) => {
    expect(() => validate(value)).toThrow(expect.objectContaining({ code: 'not-an-object' }));
  });
});

describe('values that are not scalars of JSON', () => {
  const orders = parseSchema({
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, minimum: -1 },
      { name: 'day', type: { type: 'int', logicalType: 'date' } },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'raw', type: 'bytes' },
      { name: 'state', type: { type: 'enum', name: 'State', symbols: ['new', 'paid'] } },
      {
        name: 'lines',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'Line',
            fields: [
              { name: 'sku', type: 'string' },
              { name: 'counts', type: { type: 'array', items: 'long' } },
              { name: 'note', type: ['null', 'string'] },
            ],
          },
        },
      },
    ],
  });
  const line = { sku: 'a"', counts: [1n, 2n], note: null };
  const order = {
    total: '-0.05',
    day: '0001-01-01',
    at: -1n,
    raw: Buffer.from([0, 34, 255]),
    state: 'paid',
    lines: [line, { ...line, counts: [], note: 'é' }],
  };
  const validate = recordValidator(orders);

  it('are written so that they are read back equal', () => {
    const json = jsonEncoder(orders).encode(order);
    expect(json.toString()).toBe(
      '{"total":-0.05,"day":"0001-01-01","at":"1969-12-31T23:59:59.999999Z","raw":"\\u0000\\"ÿ","state":"paid",' +
        '"lines":[{"sku":"a\\"","counts":[1,2],"note":null},{"sku":"a\\"","counts":[],"note":"é"}]}',
    );
    expect(jsonDecoder(orders).decode(json)).toStrictEqual(order);
  });

  it.each([
    [{ total: '-0.5' }, 'total:bad-decimal'],
    [{ total: '-0.00' }, 'total:bad-decimal'],
    [{ total: '1' }, 'total:bad-decimal'],
    [{ total: '01.00' }, 'total:not-a-number'],
    [{ total: 'NaN' }, 'total:not-a-number'],
    [{ total: '1.001' }, 'total:out-of-range'],
    [{ total: '10000.00' }, 'total:out-of-range'],
    [{ total: '-1.01' }, 'total:out-of-range'],
    [{ total: 1 }, 'total:wrong-type'],
    [{ day: '2023-02-29' }, 'day:impossible-date'],
    [{ day: '2023-2-9' }, 'day:bad-date'],
    [{ day: '0000-01-01' }, 'day:out-of-range'],
    [{ day: 1 }, 'day:wrong-type'],
    [{ at: 1 }, 'at:wrong-type'],
    [{ at: 253_402_300_800_000_000n }, 'at:out-of-range'],
    [{ raw: 'x' }, 'raw:wrong-type'],
    [{ raw: new Uint8Array(1) }, 'raw:wrong-type'],
    [{ state: 'sent' }, 'state:unknown-symbol'],
    [{ state: 1 }, 'state:wrong-type'],
    [{ lines: null }, 'lines:null'],
    [{ lines: {} }, 'lines:wrong-type'],
    [{ lines: [null] }, 'lines:null'],
    [{ lines: [7] }, 'lines:wrong-type'],
    [{ lines: [line, { ...line, sku: 7 }] }, 'lines.sku:wrong-type'],
    [{ lines: [{ ...line, counts: [1n, 7] }] }, 'lines.counts:wrong-type'],
    [{ lines: [{ ...line, note: undefined }] }, 'lines.note:missing'],
    [{ lines: [{ ...line, nota: 'x' }] }, 'lines:unknown-field'],
  ])('%o is refused as %s', (change, code) => {
    expect(() => validate({ ...order, ...change })).toThrow(
      expect.objectContaining({ name: 'DataError', code }),
    );
  });
});
