import { SchemaError } from './errors.ts';
import { parseDefault, parsePersonal, parseRange } from './parse-attributes.ts';
import type { Field, FieldType, RecordSchema, ScalarKind } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
const namespace = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const primitives: readonly string[] = ['string', 'int', 'long', 'float', 'double', 'boolean', 'bytes'];
const logicalTypes: Readonly<Record<string, string>> = {
  uuid: 'string',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  date: 'int',
};

/** More digits than any database or language gives a decimal by default, and few enough to be written out. */
const MAX_PRECISION = 1000;

/** Where in the schema something is: the fields on the way there, and the names that records and enums have taken. */
interface Place {
  readonly path: string | undefined;
  readonly names: Set<string>;
}

/**
 * Reads an Avro record schema (Avro 1.12, "Schema Declaration") whose fields have the types of
 * {@link FieldType}, or unions of one of these with null. A type that is used twice is written out twice, under
 * two names: references by name are not supported, so that no record can hold itself.
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
  return parseRecord(avsc, { path: undefined, names: new Set() });
}

function parseRecord(avsc: Json, place: Place): RecordSchema {
  const fullName = parseName(avsc, 'record', place);
  const fields = avsc['fields'];
  if (!Array.isArray(fields) || fields.length === 0) {
    throw problem('the record has no fields; give it a "fields" array with at least one', place.path);
  }
  const parsed = fields.map((field, index) => parseField(field, index, place));
  const twice = parsed.find((field, index) => parsed.findIndex((other) => other.name === field.name) < index);
  if (twice) throw problem('the name is used twice; rename one of the two', pathOf(twice.name, place));
  for (const field of parsed) {
    const taken = field.aliases?.find((alias) => parsed.some((other) => answersTo(other, alias, field)));
    if (taken !== undefined) {
      throw problem(
        `the alias ${taken} is another field's name or alias, too; remove one`,
        pathOf(field.name, place),
      );
    }
  }
  const dot = fullName.lastIndexOf('.');
  const space = dot < 0 ? avsc['namespace'] : fullName.slice(0, dot);
  return {
    name: fullName.slice(dot + 1),
    ...(typeof space === 'string' && { namespace: space }),
    ...(typeof avsc['doc'] === 'string' && { doc: avsc['doc'] }),
    fields: parsed,
    avsc,
  };
}

/** The name of a record or an enum as it is written, which no other may have. */
function parseName(avsc: Json, what: 'record' | 'enum', { path, names }: Place): string {
  const given = avsc['name'];
  if (typeof given !== 'string' || !namespace.test(given)) {
    throw problem(`the ${what} has no valid name; give it a "name" of letters, digits and underscores`, path);
  }
  if (avsc['namespace'] !== undefined && !matches(avsc['namespace'], namespace)) {
    throw problem('the namespace is not a dotted name; use names of letters, digits and underscores', path);
  }
  // Whatever the namespace: the TypeScript types have the names alone.
  const simple = given.slice(given.lastIndexOf('.') + 1);
  if (names.has(simple)) {
    throw problem(`the name ${simple} is taken by another record or enum; choose another`, path);
  }
  names.add(simple);
  return given;
}

function parseField(avsc: unknown, index: number, place: Place): Field {
  if (!isObject(avsc) || typeof avsc['name'] !== 'string' || !name.test(avsc['name'])) {
    throw problem(
      `field number ${index + 1} has no valid name; use letters, digits and underscores, not a digit first`,
      place.path,
    );
  }
  const path = pathOf(avsc['name'], place);
  if (avsc['name'] === '__proto__') {
    throw problem('the name means something else in JavaScript; choose another', path);
  }
  const { aliases } = avsc;
  if (aliases !== undefined && (!isNames(aliases) || aliases.includes('__proto__'))) {
    throw problem('the aliases are not a list of names; use letters, digits and underscores', path);
  }
  const { type, nullable } = parseUnion(avsc['type'], { ...place, path });
  const parsed: Field = {
    name: avsc['name'],
    type,
    nullable,
    ...(aliases !== undefined && aliases.length > 0 && { aliases }),
    ...(typeof avsc['doc'] === 'string' && { doc: avsc['doc'] }),
    ...parseRange(avsc, type, path),
    ...parsePersonal(avsc, path),
  };
  return avsc['default'] === undefined ? parsed : { ...parsed, default: parseDefault(avsc, parsed, path) };
}

/** Whether a name means a field, beside the one that has it as an alias. */
function answersTo(other: Field, name: string, field: Field): boolean {
  if (other.name === name) return true;
  return other !== field && (other.aliases?.includes(name) ?? false);
}

function parseUnion(avsc: unknown, place: Place): Pick<Field, 'type' | 'nullable'> {
  if (!Array.isArray(avsc)) return { type: parseType(avsc, place), nullable: false };
  const others = avsc.filter((branch) => branch !== 'null');
  if (avsc.length !== 2 || others.length !== 1) {
    throw problem('the union is not supported; use a union of "null" and one other type', place.path);
  }
  return { type: parseType(others[0], place), nullable: true };
}

function parseType(avsc: unknown, place: Place): FieldType {
  const type = isObject(avsc) ? avsc['type'] : avsc;
  const logicalType = isObject(avsc) ? avsc['logicalType'] : undefined;
  if (isObject(avsc) && logicalType === undefined) {
    if (type === 'record') return { kind: 'record', schema: parseRecord(avsc, place) };
    if (type === 'array') return { kind: 'array', items: parseItems(avsc['items'], place) };
    if (type === 'enum') return parseEnum(avsc, place);
  }
  if (typeof type !== 'string' || !primitives.includes(type)) {
    const found = typeof type === 'string' ? `type ${type}` : 'a nested type';
    throw problem(
      `${found} is not supported; use one of ${primitives.join(', ')}, or write out a record, an array or an enum`,
      place.path,
    );
  }
  if (logicalType === undefined) return { kind: type as ScalarKind };
  if (logicalType === 'decimal' && type === 'bytes' && isObject(avsc)) return parseDecimal(avsc, place);
  // Avro lets readers ignore a logical type they do not know; the values would then be stored as something else.
  if (typeof logicalType !== 'string' || logicalTypes[logicalType] !== type) {
    const known = Object.entries({ ...logicalTypes, decimal: 'bytes' }).map(
      ([key, base]) => `${key} of ${base}`,
    );
    throw problem(
      `logical type ${JSON.stringify(logicalType)} of ${type} is not supported; use ${known.join(', ')}`,
      place.path,
    );
  }
  return { kind: logicalType as ScalarKind };
}

function parseItems(avsc: unknown, place: Place): FieldType {
  if (avsc === undefined) throw problem('the array has no items; give it a type of "items"', place.path);
  if (Array.isArray(avsc)) {
    throw problem('items that may be null or of several types are not supported; use one type', place.path);
  }
  return parseType(avsc, place);
}

function parseEnum(avsc: Json, place: Place): FieldType {
  parseName(avsc, 'enum', place);
  const { symbols } = avsc;
  if (!isNames(symbols) || symbols.length === 0 || new Set(symbols).size < symbols.length) {
    throw problem(
      'the enum needs "symbols": names of letters, digits and underscores, all different',
      place.path,
    );
  }
  // Readers of Avro take it for symbols they do not know; here these are refused, and nothing is put in their place.
  if (avsc['default'] !== undefined) {
    throw problem('a default symbol of an enum is not supported; remove it from the type', place.path);
  }
  return { kind: 'enum', symbols };
}

function parseDecimal(avsc: Json, place: Place): FieldType {
  const { precision, scale = 0 } = avsc;
  if (
    !isCount(precision) ||
    precision === 0 ||
    precision > MAX_PRECISION ||
    !isCount(scale) ||
    scale > precision
  ) {
    throw problem(
      `the decimal needs a precision from 1 to ${MAX_PRECISION} and a scale from 0 to precision`,
      place.path,
    );
  }
  return { kind: 'decimal', precision, scale };
}

function pathOf(field: string, { path }: Place): string {
  return path === undefined ? field : `${path}.${field}`;
}

function problem(message: string, path: string | undefined): SchemaError {
  return new SchemaError(message, path === undefined ? {} : { field: path });
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

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((symbol) => matches(symbol, name));
}
