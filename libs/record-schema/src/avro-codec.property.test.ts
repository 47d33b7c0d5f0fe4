import avsc, { type Schema } from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edited, edits, paths, records, schema } from '../test/everything.ts';
import { avroDecoder } from './avro-decoder.ts';
import { avroEncoder } from './avro-encoder.ts';
import { DataError, dataErrorReasons } from './errors.ts';
import { parseSchema } from './parse-schema.ts';
import { recordValidator } from './record-validator.ts';
import type { RecordValue } from './schema.ts';

const encoder = avroEncoder(schema);
const decoder = avroDecoder(schema, { avsc: schema.avsc });
const validate = recordValidator(schema);

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** The record, or the code of the data error; any other error is thrown. */
function decoded(value: Buffer): RecordValue | string {
  try {
    return decoder.decode(value);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const known = error.field === undefined || paths.has(error.field);
    expect(known && dataErrorReasons.includes(error.reason)).toBe(true);
    return error.code;
  }
}

describe('the Avro codec', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(plain(decoder.decode(encoder.encode(record)))).toStrictEqual(plain(record));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives a valid record or a listed data error for any edit of the bytes', () => {
    fc.assert(
      fc.property(records, edits, (record, changes) => {
        const result = decoded(changes.reduce(edited, encoder.encode(record)));
        if (typeof result !== 'string') validate(result);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives a valid record or a listed data error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = decoded(Buffer.from(bytes));
        if (typeof result !== 'string') validate(result);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads any prefix of a value as cut short', () => {
    const [record] = fc.sample(records, { numRuns: 1, seed: 7 });
    const bytes = encoder.encode(record!);
    for (let length = 0; length < bytes.length; length++)
      expect(decoded(bytes.subarray(0, length)), String(length)).toBe('bad-avro');
  });

  it('makes no room for items that are only announced', () => {
    const list = {
      type: 'record',
      name: 'T',
      fields: [{ name: 'l', type: { type: 'array', items: 'int' } }],
    };
    const reader = avroDecoder(parseSchema(list), { avsc: list });
    const announced = avsc.Type.forSchema('long').toBuffer(33_000_000);
    const before = process.memoryUsage().heapTotal;
    expect(() => reader.decode(announced)).toThrow(DataError);
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(50_000_000);
  });

  it('reads what an independent writer wrote', () => {
    const simple = {
      type: 'record',
      name: 'T',
      fields: [
        { name: 'text', type: ['null', 'string'] },
        { name: 'number', type: 'int' },
        { name: 'fraction', type: 'double' },
        { name: 'lists', type: { type: 'array', items: { type: 'array', items: 'int' } } },
      ],
    };
    const independent = avsc.Type.forSchema(simple as Schema);
    const reader = avroDecoder(parseSchema(simple), { avsc: simple });
    fc.assert(
      fc.property(
        fc.record({
          text: fc.option(fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())),
          number: fc.integer(),
          fraction: fc.double({ noNaN: true, noDefaultInfinity: true }),
          lists: fc.array(fc.array(fc.integer())),
        }),
        (record) => {
          expect(plain(reader.decode(independent.toBuffer(record)))).toStrictEqual(plain(record));
        },
      ),
    );
  });
});
