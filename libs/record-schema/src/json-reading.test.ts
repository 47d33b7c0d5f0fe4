import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DataError } from './errors.ts';
import { jsonDecoder } from './json-decoder.ts';
import { parseSchema } from './parse-schema.ts';
import { recordOf, valueOf, type VectorRecord, type VectorValue } from '../test/vector-values.ts';

interface TokenVector {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly token?: string;
  readonly hex?: string;
  readonly expect: { readonly value: VectorValue } | { readonly code: string };
}

interface RecordVector {
  readonly name: string;
  readonly fields: readonly object[];
  readonly text?: string;
  readonly hex?: string;
  readonly expect: { readonly value: VectorRecord } | { readonly code: string };
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/json-reading.json', import.meta.url), 'utf8'),
) as { readonly tokens: readonly TokenVector[]; readonly records: readonly RecordVector[] };

function bytesOf({ text, hex }: { readonly text?: string; readonly hex?: string }): Buffer {
  return hex === undefined ? Buffer.from(text ?? '') : Buffer.from(hex, 'hex');
}

function read(fields: readonly object[], value: Uint8Array): unknown {
  const decoder = jsonDecoder(parseSchema({ type: 'record', name: 'T', fields }));
  try {
    return { value: decoder.decode(value) };
  } catch (error) {
    if (error instanceof DataError) return { code: error.code };
    throw error;
  }
}

describe('JSON reading, a field type and a token', () => {
  it.each(vectors.tokens)('$name', ({ type, nullable, minimum, maximum, token, hex, expect: expected }) => {
    const field = { name: 'f', type: nullable ? ['null', type] : type, minimum, maximum };
    const value = Buffer.concat([Buffer.from('{"f":'), bytesOf({ text: token, hex }), Buffer.from('}')]);
    expect(read([field], value)).toStrictEqual(
      'code' in expected ? expected : { value: { f: valueOf(expected.value) } },
    );
  });
});

describe('JSON reading, a whole value', () => {
  it.each(vectors.records)('$name', (vector) => {
    const expected = vector.expect;
    const result = read(vector.fields, bytesOf(vector));
    if ('code' in expected) return expect(result).toStrictEqual(expected);
    expect(result).toStrictEqual({ value: recordOf(expected.value) });
  });
});
