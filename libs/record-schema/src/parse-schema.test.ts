import { describe, expect, it } from 'vitest';
import { cqlType } from './cql-type.ts';
import { SchemaError } from './errors.ts';
import { parseSchema } from './parse-schema.ts';
import { type FieldType } from './schema.ts';

function parseField(field: object) {
  return parseSchema({ type: 'record', name: 'T', fields: [{ name: 'f', ...field }] }).fields[0]!;
}

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
    [{ type: 'int', logicalType: 'date' }, 'date', 'date'],
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

  it('refuses a CQL type that would lose microseconds', () => {
    const micros: FieldType = parseField({ type: { type: 'long', logicalType: 'timestamp-micros' } }).type;
    expect(() => cqlType(micros)).toThrow(SchemaError);
  });

  it('takes a long default as a bigint', () => {
    expect(parseField({ type: ['long', 'null'], default: 5 })).toMatchObject({ default: 5n, nullable: true });
  });

  it.each([
    [{ type: { type: 'record', name: 'N', fields: [] } }, 'type record is not supported'],
    [{ type: { type: 'array', items: 'int' } }, 'type array is not supported'],
    [{ type: { type: 'map', values: 'int' } }, 'type map is not supported'],
    [{ type: { type: 'enum', name: 'E', symbols: ['A'] } }, 'type enum is not supported'],
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
    [{ type: 'string', minimum: 1 }, 'minimum and maximum do not apply to string'],
    [{ type: 'int', minimum: 'a' }, 'minimum and maximum must be numbers'],
    [{ type: 'long', maximum: 0.5 }, 'minimum and maximum must be numbers'],
    [{ type: 'int', minimum: 2, maximum: 1 }, 'minimum is greater than maximum'],
    [{ type: 'int', default: null }, 'the default is not of the first type'],
    [{ type: ['int', 'null'], default: null }, 'the default is not of the first type'],
    [{ type: ['null', 'int'], default: 3 }, 'the default is not of the first type'],
    [{ type: 'int', default: 'x' }, 'the default is not a valid value'],
    [{ type: 'int', default: 11, maximum: 10 }, 'the default is not a valid value'],
    [{ type: 'int', aliases: ['g'] }, 'aliases are not supported'],
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
