import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordOf, valueOf, type VectorRecord, type VectorValue } from '../test/vector-values.ts';
import { avroDecoder } from './avro-decoder.ts';
import { DataError, SchemaError } from './errors.ts';
import { parseSchema } from './parse-schema.ts';

interface TypeVector {
  readonly name: string;
  readonly type: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly hex: string;
  readonly expect: { readonly value: VectorValue } | { readonly code: string };
}

interface SchemaVector {
  readonly name: string;
  readonly writer: readonly object[];
  readonly reader: readonly object[];
  readonly writerName?: string;
}

interface RecordVector extends SchemaVector {
  readonly references?: readonly object[];
  readonly hex: string;
  readonly expect: { readonly value: VectorRecord } | { readonly code: string };
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/avro-reading.json', import.meta.url), 'utf8'),
) as {
  readonly types: readonly TypeVector[];
  readonly records: readonly RecordVector[];
  readonly refused: readonly SchemaVector[];
};

function decoderOf({ reader, writer, writerName = 'T', references = [] }: Partial<RecordVector>) {
  const schema = parseSchema({ type: 'record', name: 'T', fields: reader });
  return avroDecoder(schema, { avsc: { type: 'record', name: writerName, fields: writer }, references });
}

function read(schemas: Partial<RecordVector>, hex: string): unknown {
  const decoder = decoderOf(schemas);
  try {
    return { value: plain(decoder.decode(Buffer.from(hex, 'hex'))) };
  } catch (error) {
    if (error instanceof DataError) return { code: error.code };
    throw error;
  }
}

/** Without the classes that avsc gives records. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

describe('Avro reading, a field type and its bytes', () => {
  it.each(vectors.types)('$name', ({ type, minimum, maximum, hex, expect: expected }) => {
    const fields = [{ name: 'f', type, minimum, maximum }];
    expect(read({ reader: fields, writer: fields }, hex)).toStrictEqual(
      'code' in expected ? expected : { value: { f: valueOf(expected.value) } },
    );
  });
});

describe('Avro reading, two schemas', () => {
  it.each(vectors.records)('$name', (vector) => {
    const expected = vector.expect;
    expect(read(vector, vector.hex)).toStrictEqual(
      'code' in expected ? expected : { value: recordOf(expected.value) },
    );
  });
});

describe('Avro reading, schemas that cannot be read', () => {
  it('names the field at fault, inside records and arrays, too', () => {
    const lines = (type: string) => ({
      name: 'lines',
      type: {
        type: 'array',
        items: { type: 'record', name: 'L', fields: [{ name: 'count', type }] },
      },
    });
    expect(() => decoderOf({ reader: [lines('int')], writer: [lines('string')] })).toThrow(
      'field lines.count: it was written as string and cannot be read as int',
    );
  });

  it.each(vectors.refused)('$name', (vector) => {
    expect(() => decoderOf(vector)).toThrow(SchemaError);
  });
});
