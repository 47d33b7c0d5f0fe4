import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, dataErrorReasons } from './errors.ts';
import { type JsonDecoder, jsonDecoder } from './json-decoder.ts';
import { jsonEncoder } from './json-encoder.ts';
import { parseSchema } from './parse-schema.ts';
import { recordValidator } from './record-validator.ts';
import type { RecordValue } from './schema.ts';
import { edited, edits, paths, records, schema } from '../test/everything.ts';

const encoder = jsonEncoder(schema);
const decoder = jsonDecoder(schema);
const validate = recordValidator(schema);

/** The record, or the code of the data error; any other error is thrown. */
function decoded(value: Uint8Array): RecordValue | string {
  try {
    return decoder.decode(value);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const known = error.field === undefined || paths.has(error.field);
    expect(known && dataErrorReasons.includes(error.reason)).toBe(true);
    return error.code;
  }
}

describe('the JSON codec', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(records, (record) => {
        const read = decoder.decode(encoder.encode(record));
        expect(read).toStrictEqual({ ...record, lines: record.lines.map((line) => ({ ...line })) });
      }),
      { numRuns: 2000 },
    );
  });

  it('writes what JSON.parse reads as the same strings and numbers', () => {
    fc.assert(
      fc.property(records, (record) => {
        const json = JSON.parse(encoder.encode(record).toString()) as Record<string, unknown>;
        for (const name of [
          'string',
          'int',
          'float',
          'double',
          'boolean',
          'uuid',
          'date',
          'enum',
          'string_or_null',
        ]) {
          expect(json[name]).toStrictEqual((record as RecordValue)[name]);
        }
      }),
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

  it('calls JSON malformed where JSON.parse does', () => {
    const lax = jsonDecoder(
      parseSchema({ type: 'record', name: 'T', fields: [{ name: 'f', type: ['null', 'int'] }] }),
    );
    const structural = ['bad-json', 'control-character', 'trailing-bytes'];
    fc.assert(
      fc.property(fc.json(), edits, (json, changes) => {
        const value = changes.reduce(edited, Buffer.from(`{"x":${json}}`));
        const code = codeOf(lax, value);
        if (code === undefined) expect(parses(value), value.toString()).toBe(true);
        if (code !== undefined && structural.includes(code))
          expect(parses(value), value.toString()).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });
});

function codeOf(decoder: JsonDecoder<RecordValue>, value: Uint8Array): string | undefined {
  try {
    decoder.decode(value);
    return undefined;
  } catch (error) {
    return error instanceof DataError ? error.code : 'not a data error';
  }
}

function parses(value: Buffer): boolean {
  try {
    JSON.parse(value.toString());
    return true;
  } catch {
    return false;
  }
}
