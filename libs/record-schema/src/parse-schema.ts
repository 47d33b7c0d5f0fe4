import { SchemaError } from './errors.ts';
import { type Field, type FieldType, type FieldValue, type RecordSchema, type ScalarKind } from './schema.ts';
import { checkValue, fieldRule } from './value-rules.ts';

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
const namespace = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const primitives: readonly string[] = ['string', 'int', 'long', 'float', 'double', 'boolean', 'bytes'];
const logicalTypes: Readonly<Record<string, string>> = {
  uuid: 'string',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  date: 'int',
};
const ranged: readonly string[] = ['int', 'long', 'float', 'double'];

/**
 * Reads an Avro record schema (Avro 1.12, "Schema Declaration") whose fields are primitives or the logical
 * types of {@link FieldType}, or unions of one of these with null.
 *
 * @param avsc the schema as parsed JSON
 * @throws {@link SchemaError} naming the field, what is wrong with it and what to do
 */
export function parseSchema(avsc: unknown): RecordSchema {
  if (!isObject(avsc) || avsc['type'] !== 'record') {
    throw new SchemaError(
      'the schema is not an Avro record; give the JSON of a schema with "type": "record"',
    );
  }
  if (typeof avsc['name'] !== 'string' || !namespace.test(avsc['name'])) {
    throw new SchemaError(
      'the record has no valid name; give it a "name" of letters, digits and underscores',
    );
  }
  if (avsc['namespace'] !== undefined && !matches(avsc['namespace'], namespace)) {
    throw new SchemaError('the namespace is not a dotted name; use names of letters, digits and underscores');
  }
  const fields = avsc['fields'];
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new SchemaError('the record has no fields; give it a "fields" array with at least one');
  }
  const parsed = fields.map(parseField);
  const twice = parsed.find((field, index) => parsed.findIndex((other) => other.name === field.name) < index);
  if (twice) throw new SchemaError('the name is used twice; rename one of the two', { field: twice.name });
  const dot = avsc['name'].lastIndexOf('.');
  const space = dot < 0 ? avsc['namespace'] : avsc['name'].slice(0, dot);
  return {
    name: avsc['name'].slice(dot + 1),
    ...(typeof space === 'string' && { namespace: space }),
    ...(typeof avsc['doc'] === 'string' && { doc: avsc['doc'] }),
    fields: parsed,
    avsc,
  };
}

function parseField(avsc: unknown, index: number): Field {
  if (!isObject(avsc) || typeof avsc['name'] !== 'string' || !name.test(avsc['name'])) {
    throw new SchemaError(
      `field number ${index + 1} has no valid name; use letters, digits and underscores, not a digit first`,
    );
  }
  const field = avsc['name'];
  if (field === '__proto__') {
    throw new SchemaError('the name means something else in JavaScript; choose another', { field });
  }
  if (avsc['aliases'] !== undefined) {
    throw new SchemaError('aliases are not supported; add a field of the new name beside this one', {
      field,
    });
  }
  const { type, nullable } = parseUnion(avsc['type'], field);
  const parsed: Field = {
    name: field,
    type,
    nullable,
    ...(typeof avsc['doc'] === 'string' && { doc: avsc['doc'] }),
    ...parseRange(avsc, type, field),
  };
  return avsc['default'] === undefined ? parsed : { ...parsed, default: parseDefault(avsc, parsed) };
}

function parseUnion(avsc: unknown, field: string): Pick<Field, 'type' | 'nullable'> {
  if (!Array.isArray(avsc)) return { type: parseType(avsc, field), nullable: false };
  const others = avsc.filter((branch) => branch !== 'null');
  if (avsc.length !== 2 || others.length !== 1) {
    throw new SchemaError('the union is not supported; use a union of "null" and one other type', { field });
  }
  return { type: parseType(others[0], field), nullable: true };
}

function parseType(avsc: unknown, field: string): FieldType {
  const type = isObject(avsc) ? avsc['type'] : avsc;
  const logicalType = isObject(avsc) ? avsc['logicalType'] : undefined;
  if (typeof type !== 'string' || !primitives.includes(type)) {
    const found = typeof type === 'string' ? `type ${type}` : 'a nested type';
    throw new SchemaError(`${found} is not supported; use one of ${primitives.join(', ')}`, { field });
  }
  if (logicalType === undefined) return { kind: type as ScalarKind };
  if (logicalType === 'decimal' && type === 'bytes' && isObject(avsc)) return parseDecimal(avsc, field);
  // Avro lets readers ignore a logical type they do not know; the values would then be stored as something else.
  if (typeof logicalType !== 'string' || logicalTypes[logicalType] !== type) {
    const known = Object.entries({ ...logicalTypes, decimal: 'bytes' }).map(
      ([key, base]) => `${key} of ${base}`,
    );
    throw new SchemaError(
      `logical type ${JSON.stringify(logicalType)} of ${type} is not supported; use ${known.join(', ')}`,
      { field },
    );
  }
  return { kind: logicalType as ScalarKind };
}

function parseDecimal(avsc: Readonly<Record<string, unknown>>, field: string): FieldType {
  const { precision, scale = 0 } = avsc;
  if (!isCount(precision) || precision === 0 || !isCount(scale) || scale > precision) {
    throw new SchemaError('the decimal needs a precision of 1 or more and a scale from 0 to precision', {
      field,
    });
  }
  return { kind: 'decimal', precision, scale };
}

function parseRange(
  avsc: Readonly<Record<string, unknown>>,
  type: FieldType,
  field: string,
): Pick<Field, 'minimum' | 'maximum'> {
  const { minimum, maximum } = avsc;
  if (minimum === undefined && maximum === undefined) return {};
  if (!ranged.includes(type.kind)) {
    throw new SchemaError(`minimum and maximum do not apply to ${type.kind}; remove them`, { field });
  }
  const whole = type.kind === 'int' || type.kind === 'long';
  for (const bound of [minimum, maximum]) {
    if (bound === undefined) continue;
    if (typeof bound !== 'number' || !Number.isFinite(bound) || (whole && !Number.isSafeInteger(bound))) {
      throw new SchemaError('minimum and maximum must be numbers, and integers for an integer field', {
        field,
      });
    }
  }
  if (typeof minimum === 'number' && typeof maximum === 'number' && minimum > maximum) {
    throw new SchemaError('minimum is greater than maximum; swap them', { field });
  }
  return {
    ...(typeof minimum === 'number' && { minimum }),
    ...(typeof maximum === 'number' && { maximum }),
  };
}

/** A default of a union belongs to its first branch (Avro 1.12, "Complex Types"). */
function parseDefault(avsc: Readonly<Record<string, unknown>>, field: Field): FieldValue {
  const value = avsc['default'];
  const nullFirst = Array.isArray(avsc['type']) && avsc['type'][0] === 'null';
  if ((value === null) !== nullFirst) {
    throw new SchemaError('the default is not of the first type of the union; put its type first', {
      field: field.name,
    });
  }
  if (value === null) return null;
  const typed = (
    field.type.kind === 'long' && Number.isSafeInteger(value) ? BigInt(value as number) : value
  ) as FieldValue;
  const rule = fieldRule(field);
  try {
    checkValue(rule, typed);
  } catch (cause) {
    throw new SchemaError('the default is not a valid value of the field; correct it', {
      field: field.name,
      cause,
    });
  }
  return typed;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
