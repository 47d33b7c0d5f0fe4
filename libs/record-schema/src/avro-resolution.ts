import avsc, { type Type, type types } from 'avsc';
import { type AvroType, branchesOf, isArray, isRecord, type LogicalType } from './avro-types.ts';
import { SchemaError } from './errors.ts';
import type { FieldType, RecordSchema } from './schema.ts';

/** Those of Avro 1.12; others mean nothing to anybody but who wrote them. */
const logicalKinds: readonly string[] = [
  'uuid',
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
  'decimal',
  'big-decimal',
];

/**
 * What avsc's resolution leaves open between the schema that a record was written with and the one it is read with.
 *
 * @returns the fields that the reader does not have, with dots between their names and those of the fields around them
 * @throws {@link SchemaError} where the same bytes mean different things to the two, or could be a list without end
 */
export function compareSchemas(reader: RecordSchema, writer: AvroType): readonly string[] {
  refuseEmptyItems(writer.type, new Set());
  const unknown: string[] = [];
  compareRecords(reader, writer.type, undefined);
  return unknown;

  function compareRecords(schema: RecordSchema, type: Type, path: string | undefined): void {
    if (!isRecord(type)) return;
    for (const { name, type: written } of type.fields) {
      const field = schema.fields.find((one) => one.name === name || one.aliases?.includes(name));
      const fieldPath = path === undefined ? name : `${path}.${name}`;
      if (field) compareTypes(field.type, written, fieldPath);
      else unknown.push(fieldPath);
    }
  }

  function compareTypes(read: FieldType, written: Type, path: string): void {
    for (const type of branchesOf(written)) {
      requireSameMeaning(read, writer.logicalTypes.get(type), path);
      if (read.kind === 'record') compareRecords(read.schema, type, path);
      if (read.kind === 'array' && isArray(type)) compareTypes(read.items, type.itemsType, path);
    }
  }
}

interface UnresolvedPart {
  /** With the names of the fields around it; undefined where it is the record itself. */
  readonly field?: string;
  readonly reason: string;
}

/** Why avsc cannot resolve two types: it reports no path to the field, and both types in full. */
export function unresolvedPart(read: Type, written: Type, path?: string): UnresolvedPart {
  const field = path === undefined ? {} : { field: path };
  const inside = path === undefined ? '' : `${path}.`;
  const [readPart, writtenPart] = [onlyBranch(read), onlyBranch(written)];
  if (isArray(readPart) && isArray(writtenPart) && !resolves(readPart.itemsType, writtenPart.itemsType))
    return unresolvedPart(readPart.itemsType, writtenPart.itemsType, path);
  if (isRecord(readPart) && isRecord(writtenPart) && haveOneName(readPart, writtenPart)) {
    for (const one of readPart.fields) {
      const found = writtenPart.fields.filter(({ name }) => name === one.name || one.aliases.includes(name));
      const name = `${inside}${one.name}`;
      const [only] = found;
      if (!only) {
        if (one.defaultValue() !== undefined) continue;
        return { field: name, reason: 'the writer does not have it, and it has no default' };
      }
      if (found.length > 1) return { field: name, reason: 'the writer has it under two names' };
      if (!resolves(one.type, only.type)) return unresolvedPart(one.type, only.type, name);
    }
  }
  return { ...field, reason: `it was written as ${nameOf(written)} and cannot be read as ${nameOf(read)}` };
}

function resolves(read: Type, written: Type): boolean {
  try {
    read.createResolver(written, { ignoreNamespaces: true });
    return true;
  } catch {
    return false;
  }
}

/** Whatever their namespaces. */
function haveOneName(read: types.RecordType, written: types.RecordType): boolean {
  const names = [read.name, ...(read.aliases ?? [])].map(withoutNamespace);
  return names.includes(withoutNamespace(written.name));
}

function withoutNamespace(name: string | undefined): string | undefined {
  return name?.split('.').at(-1);
}

function onlyBranch(type: Type): Type {
  const [branch, ...others] = branchesOf(type);
  return branch && others.length === 0 ? branch : type;
}

function nameOf(type: Type): string {
  if (!avsc.Type.isType(type, 'union')) return type.name ?? type.typeName;
  return (type as Type & { readonly types: readonly Type[] }).types.map(nameOf).join(' or ');
}

/** A logical type may come or go; another one, or another scale, would read the same bytes as another value. */
function requireSameMeaning(read: FieldType, written: LogicalType | undefined, path: string): void {
  if (written === undefined || !logicalKinds.includes(read.kind) || !logicalKinds.includes(written.name))
    return;
  if (read.kind !== written.name) {
    throw new SchemaError(`it was written as ${written.name} and cannot be read as ${read.kind}`, {
      field: path,
    });
  }
  if (read.kind === 'decimal' && read.scale !== written.scale) {
    throw new SchemaError(
      `it was written as a decimal of scale ${written.scale} and cannot be read with scale ${read.scale}`,
      { field: path },
    );
  }
}

/** A few bytes can announce any number of items; only items that take a byte each are bounded by the message. */
function refuseEmptyItems(type: Type, seen: Set<Type>): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (isRecord(type)) for (const field of type.fields) refuseEmptyItems(field.type, seen);
  else if (isArray(type)) {
    if (mayBeEmpty(type.itemsType, new Set()))
      throw new SchemaError(
        'an array has items that take no byte; a short message could hold a list without end',
      );
    refuseEmptyItems(type.itemsType, seen);
  } else if (avsc.Type.isType(type, 'map')) refuseEmptyItems(valuesOf(type), seen);
  else if (avsc.Type.isType(type, 'union'))
    for (const branch of branchesOf(type)) refuseEmptyItems(branch, seen);
}

function mayBeEmpty(type: Type, seen: Set<Type>): boolean {
  if (avsc.Type.isType(type, 'null')) return true;
  if (avsc.Type.isType(type, 'fixed')) return (type as Type & { readonly size: number }).size === 0;
  if (!isRecord(type) || seen.has(type)) return false;
  seen.add(type);
  return type.fields.every((field) => mayBeEmpty(field.type, seen));
}

function valuesOf(type: Type): Type {
  return (type as Type & { readonly valuesType: Type }).valuesType;
}
