import { describe, expect, it } from 'vitest';
import { cqlType } from './cql-type.ts';
import { SchemaError } from './errors.ts';
import { parseSchema } from './parse-schema.ts';

function parseField(field: object) {
  return parseSchema({ type: 'record', name: 'T', fields: [{ name: 'f', ...field }] }).fields[0]!;
}

const decimal = { type: 'bytes', logicalType: 'decimal', precision: 18, scale: 2 };
const line = {
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'quantity', type: 'int', minimum: 1 },
  ],
};

describe('parseSchema', () => {
  it('reads the name, the namespace and the fields in order, and keeps the JSON', () => {
    const avsc = {
      type: 'record',
      name: 'Order',
      namespace: 'com.example',
      doc: 'An order.',
      fields: [
        { name: 'id', type: { type: 'string', logicalType: 'uuid' }, doc: 'Key.' },
        { name: 'note', type: ['null', 'string'], default: null },
        { name: 'share', type: 'double', minimum: 0, maximum: 1 },
      ],
    };
    expect(parseSchema(avsc)).toEqual({
      name: 'Order',
      namespace: 'com.example',
      doc: 'An order.',
      fields: [
        { name: 'id', type: { kind: 'uuid' }, nullable: false, doc: 'Key.' },
        { name: 'note', type: { kind: 'string' }, nullable: true, default: null },
        { name: 'share', type: { kind: 'double' }, nullable: false, minimum: 0, maximum: 1 },
      ],
      avsc,
    });
  });

  it('splits a full name into namespace and name', () => {
    const schema = parseSchema({ type: 'record', name: 'a.b.C', fields: [{ name: 'f', type: 'int' }] });
    expect(schema).toMatchObject({ name: 'C', namespace: 'a.b' });
  });

  it.each([
    ['string', 'string', 'text'],
    ['int', 'int', 'int'],
    ['long', 'long', 'bigint'],
    ['float', 'float', 'float'],
    ['double', 'double', 'double'],
    ['boolean', 'boolean', 'boolean'],
    ['bytes', 'bytes', 'blob'],
    [{ type: 'string' }, 'string', 'text'],
    [{ type: 'string', logicalType: 'uuid' }, 'uuid', 'uuid'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'timestamp-millis', 'timestamp'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 'timestamp-micros', 'bigint'],
    [{ type: 'int', logicalType: 'date' }, 'date', 'date'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'enum', 'text'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, 'decimal', 'decimal'],
  ])('maps Avro type %j to %s and CQL type %s', (type, kind, cql) => {
    const field = parseField({ type });
    expect(field.type.kind).toBe(kind);
    expect(cqlType(field.type)).toBe(cql);
  });

  it('reads precision and scale of a decimal', () => {
    const type = { type: 'bytes', logicalType: 'decimal', precision: 9 };
    expect(parseField({ type }).type).toEqual({ kind: 'decimal', precision: 9, scale: 0 });
  });

  it.each([
    [
      { type: 'array', items: line },
      'a list of records (Line) has no column: write it to a table of its own',
    ],
    [{ type: 'array', items: 'int' }, 'a list of int values has no column: write it to a table of its own'],
    [line, 'a record inside a record (Line) has no column'],
  ])('has no CQL type for %j, and says what to do', (type, message) => {
    const field = parseField({ type });
    expect(() => cqlType(field.type)).toThrow(SchemaError);
    expect(() => cqlType(field.type)).toThrow(message);
  });

  it('reads enums, arrays and records, and names what is wrong in them with the way there', () => {
    const lines = { type: 'array', items: line };
    expect(parseField({ type: ['null', lines], default: null })).toMatchObject({
      type: {
        kind: 'array',
        items: {
          kind: 'record',
          schema: { name: 'Line', fields: [{ name: 'sku' }, { name: 'quantity', minimum: 1 }], avsc: line },
        },
      },
      nullable: true,
      default: null,
    });
    const bad = { ...line, fields: [{ name: 'sku', type: 'fixed' }] };
    expect(() => parseField({ type: { type: 'array', items: bad } })).toThrow(
      expect.objectContaining({ name: 'SchemaError', field: 'f.sku' }),
    );
  });

  it.each([
    [{ type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, default: '\u00ff' }, '-0.01'],
    [
      { type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, default: '\u0004\u00e2' },
      '12.50',
    ],
    [{ type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, default: '' }, '0.00'],
    [{ type: { type: 'int', logicalType: 'date' }, default: -1 }, '1969-12-31'],
    [{ type: { type: 'long', logicalType: 'timestamp-micros' }, default: 5 }, 5n],
    [{ type: 'bytes', default: '\u00ff\u0000' }, Buffer.from([255, 0])],
    [{ type: { type: 'enum', name: 'E', symbols: ['A', 'B'] }, default: 'B' }, 'B'],
    [{ type: { type: 'array', items: 'long' }, default: [1, 2] }, [1n, 2n]],
  ])('takes the default of %j as Avro writes it', (field, value) => {
    expect(parseField(field).default).toStrictEqual(value);
  });

  it('takes a long default as a bigint', () => {
    expect(parseField({ type: ['long', 'null'], default: 5 })).toMatchObject({ default: 5n, nullable: true });
  });

  it.each([
    [{ type: { type: 'record', name: 'N', fields: [] } }, 'the record has no fields'],
    [{ type: { type: 'record', name: 'N-', fields: [] } }, 'the record has no valid name'],
    [{ type: { type: 'record', name: 'a.T', fields: [] } }, 'the name T is taken by another record or enum'],
    [{ type: { type: 'array' } }, 'the array has no items'],
    [{ type: { type: 'array', items: ['null', 'int'] } }, 'items that may be null'],
    [{ type: { type: 'array', items: 'Other' } }, 'type Other is not supported'],
    [{ type: { type: 'array', items: 'int' }, minimum: 1 }, 'minimum and maximum do not apply to array'],
    [{ type: { type: 'array', items: 'int' }, default: ['x'] }, 'the default is not a valid value'],
    [{ type: { type: 'map', values: 'int' } }, 'type map is not supported'],
    [{ type: { type: 'enum', name: 'E', symbols: [] } }, 'the enum needs "symbols"'],
    [{ type: { type: 'enum', name: 'E', symbols: ['A', 'A'] } }, 'the enum needs "symbols"'],
    [{ type: { type: 'enum', name: 'E', symbols: ["A'"] } }, 'the enum needs "symbols"'],
    [{ type: { type: 'enum', symbols: ['A'] } }, 'the enum has no valid name'],
    [{ type: { type: 'enum', name: 'E', symbols: ['A'], default: 'A' } }, 'a default symbol of an enum'],
    [{ type: { type: 'enum', name: 'E', symbols: ['A'] }, default: 'B' }, 'the default is not a valid value'],
    [{ type: { type: 'fixed', name: 'F', size: 2 } }, 'type fixed is not supported'],
    [{ type: 'OtherName' }, 'type OtherName is not supported'],
    [{ type: 'null' }, 'type null is not supported'],
    [{}, 'a nested type is not supported'],
    [{ type: ['null', 'int', 'string'] }, 'the union is not supported'],
    [{ type: ['int'] }, 'the union is not supported'],
    [{ type: ['null', 'null'] }, 'the union is not supported'],
    [{ type: ['null', ['null', 'int']] }, 'a nested type is not supported'],
    [
      { type: { type: 'int', logicalType: 'time-millis' } },
      'logical type "time-millis" of int is not supported',
    ],
    [{ type: { type: 'string', logicalType: 'date' } }, 'logical type "date" of string is not supported'],
    [{ type: { type: 'bytes', logicalType: 'decimal' } }, 'the decimal needs a precision'],
    [
      { type: { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 } },
      'the decimal needs a precision',
    ],
    [{ type: { type: 'bytes', logicalType: 'decimal', precision: 1001 } }, 'the decimal needs a precision'],
    [{ type: decimal, minimum: 0.001 }, 'minimum and maximum must be numbers'],
    [{ type: decimal, maximum: 1e18 }, 'minimum and maximum must be numbers'],
    [{ type: decimal, maximum: 90_071_992_547_409.93 }, 'minimum and maximum must be numbers'],
    [{ type: decimal, default: '\u0001'.repeat(9) }, 'the default is not a valid value'],
    [{ type: { type: 'int', logicalType: 'date' }, default: 1e9 }, 'the default is not a valid value'],
    [
      { type: { type: 'int', logicalType: 'date' }, default: '2020-01-01' },
      'the default is not a valid value',
    ],
    [{ type: 'string', personal: 'no' }, '"personal" is neither true nor false'],
    [{ type: 'string', minimum: 1 }, 'minimum and maximum do not apply to string'],
    [{ type: 'int', minimum: 'a' }, 'minimum and maximum must be numbers'],
    [{ type: 'long', maximum: 0.5 }, 'minimum and maximum must be numbers'],
    [{ type: 'int', minimum: 2, maximum: 1 }, 'minimum is greater than maximum'],
    [{ type: 'int', default: null }, 'the default is not of the first type'],
    [{ type: ['int', 'null'], default: null }, 'the default is not of the first type'],
    [{ type: ['null', 'int'], default: 3 }, 'the default is not of the first type'],
    [{ type: 'int', default: 'x' }, 'the default is not a valid value'],
    [{ type: 'int', default: 11, maximum: 10 }, 'the default is not a valid value'],
    [{ type: 'int', aliases: 'g' }, 'the aliases are not a list of names'],
    [{ type: 'int', aliases: ['1'] }, 'the aliases are not a list of names'],
    [{ type: 'int', aliases: ['f'] }, 'the alias f is another'],
  ])('refuses %j and names the field', (field, message) => {
    expect(() => parseField(field)).toThrow(SchemaError);
    expect(() => parseField(field)).toThrow(`field f: ${message}`);
  });

  it.each([
    [null, 'not an Avro record'],
    ['int', 'not an Avro record'],
    [{ type: 'record', fields: [] }, 'no valid name'],
    [{ type: 'record', name: 'T', namespace: 'a..b', fields: [] }, 'namespace'],
    [{ type: 'record', name: 'T' }, 'no fields'],
    [{ type: 'record', name: 'T', fields: [] }, 'no fields'],
    [
      { type: 'record', name: 'T', fields: [{ name: '1f', type: 'int' }] },
      'field number 1 has no valid name',
    ],
    [{ type: 'record', name: 'T', fields: [{ name: '__proto__', type: 'int' }] }, 'choose another'],
    [
      {
        type: 'record',
        name: 'T',
        fields: [
          { name: 'f', type: 'int' },
          { name: 'f', type: 'long' },
        ],
      },
      'field f: the name is used twice',
    ],
  ])('refuses the record %j', (avsc, message) => {
    expect(() => parseSchema(avsc)).toThrow(SchemaError);
    expect(() => parseSchema(avsc)).toThrow(message);
  });
});

it('keeps whether a field is personal, which only false denies', () => {
  const fields = [
    { name: 'a', type: 'int', personal: false },
    { name: 'b', type: 'int', personal: true },
    { name: 'c', type: 'int' },
  ];
  const schema = parseSchema({ type: 'record', name: 'R', fields });
  expect(schema.fields.map(({ personal }) => personal)).toStrictEqual([false, true, undefined]);
});
