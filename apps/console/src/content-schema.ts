/**
 * An Avro schema as the console reads by it: every kind of type, names resolved, and of each field whether its values may be
 * shown to everybody. Types that are used by name are the same object.
 */
export type SchemaNode = ScalarNode | EnumNode | FixedNode | ArrayNode | MapNode | UnionNode | RecordNode;

export interface ScalarNode {
  readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';
  /** Of a string: it holds a UUID, and nothing else is shown by its field's `"personal": false`. */
  readonly isUuid: boolean;
}

export interface EnumNode {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
}

export interface FixedNode {
  readonly kind: 'fixed';
  readonly size: number;
}

interface ArrayNode {
  readonly kind: 'array';
  readonly items: SchemaNode;
}

interface MapNode {
  readonly kind: 'map';
  readonly values: SchemaNode;
}

export interface UnionNode {
  readonly kind: 'union';
  readonly branches: readonly Exclude<SchemaNode, UnionNode>[];
}

interface RecordNode {
  readonly kind: 'record';
  readonly fields: readonly FieldNode[];
  /** By name and alias. */
  readonly byName: ReadonlyMap<string, FieldNode>;
}

interface FieldNode {
  readonly name: string;
  readonly node: SchemaNode;
  /** The schema says `"personal": false`. */
  readonly isPublic: boolean;
}

/** The type of a whole value. Of a record each field says for itself whether it is personal. */
export interface ContentSchema {
  readonly node: SchemaNode;
  readonly isPublic: boolean;
}

type Json = Readonly<Record<string, unknown>>;

interface Place {
  readonly namespace: string;
  readonly depth: number;
}

const scalars: readonly string[] = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
/** Nesting of a schema's own text: types within types. */
const maxDepth = 100;

/**
 * Reads an Avro schema of any kind (Avro 1.12, "Schema Declaration").
 *
 * @param avsc the schema as parsed JSON
 * @param references the schemas that it refers to by name, each after those that it refers to itself
 * @throws Error where it is no Avro schema; its message names types, no values
 */
export function contentSchema(avsc: unknown, references: readonly unknown[] = []): ContentSchema {
  const names = new Map<string, SchemaNode>();
  const top: Place = { namespace: '', depth: 0 };
  for (const reference of references) parse(reference, top, names);
  const node = parse(avsc, top, names);
  return { node, isPublic: node.kind === 'record' || (isObject(avsc) && avsc.personal === false) };
}

function parse(avsc: unknown, place: Place, names: Map<string, SchemaNode>): SchemaNode {
  if (place.depth > maxDepth) throw new Error(`the schema is nested more than ${maxDepth} levels deep`);
  const inside = { ...place, depth: place.depth + 1 };
  if (typeof avsc === 'string') return scalar(avsc) ?? named(avsc, place, names);
  if (Array.isArray(avsc))
    return { kind: 'union', branches: avsc.map((branch) => notUnion(parse(branch, inside, names))) };
  if (!isObject(avsc)) throw new Error('a type of the schema is none of Avro');
  const { type } = avsc;
  switch (type) {
    case 'record':
    case 'error':
      return parseRecord(avsc, inside, names);
    case 'enum':
      return keep(avsc, place, names, { kind: 'enum', symbols: texts(avsc.symbols) });
    case 'fixed':
      return keep(avsc, place, names, { kind: 'fixed', size: sizeOf(avsc.size) });
    case 'array':
      return { kind: 'array', items: parse(avsc.items, inside, names) };
    case 'map':
      return { kind: 'map', values: parse(avsc.values, inside, names) };
    default: {
      const found = parse(type, inside, names);
      return found.kind === 'string' && avsc.logicalType === 'uuid'
        ? { kind: 'string', isUuid: true }
        : found;
    }
  }
}

function parseRecord(avsc: Json, place: Place, names: Map<string, SchemaNode>): RecordNode {
  const fields: FieldNode[] = [];
  const byName = new Map<string, FieldNode>();
  const record: RecordNode = { kind: 'record', fields, byName };
  const fullName = fullNameOf(avsc, place);
  // before its fields: it may hold itself
  names.set(fullName, record);
  const inside = { ...place, namespace: fullName.slice(0, Math.max(0, fullName.lastIndexOf('.'))) };
  if (!Array.isArray(avsc.fields)) throw new Error(`record ${fullName} has no fields`);
  for (const field of avsc.fields as unknown[]) {
    if (!isObject(field) || typeof field.name !== 'string')
      throw new Error(`record ${fullName} has a field without a name`);
    const node = parse(field.type, inside, names);
    const parsed = { name: field.name, node, isPublic: field.personal === false };
    fields.push(parsed);
    for (const alias of Array.isArray(field.aliases) ? texts(field.aliases) : [])
      if (!byName.has(alias)) byName.set(alias, parsed);
  }
  for (const field of fields) byName.set(field.name, field);
  return record;
}

function keep<T extends SchemaNode>(avsc: Json, place: Place, names: Map<string, SchemaNode>, node: T): T {
  names.set(fullNameOf(avsc, place), node);
  return node;
}

function fullNameOf({ name, namespace }: Json, place: Place): string {
  if (typeof name !== 'string') throw new Error('a type of the schema has no name');
  if (name.includes('.')) return name;
  const space = typeof namespace === 'string' ? namespace : place.namespace;
  return space === '' ? name : `${space}.${name}`;
}

function named(name: string, { namespace }: Place, names: ReadonlyMap<string, SchemaNode>): SchemaNode {
  const found =
    (name.includes('.') || namespace === '' ? undefined : names.get(`${namespace}.${name}`)) ??
    names.get(name);
  if (found) return found;
  throw new Error('the schema names a type that it does not have');
}

function scalar(name: string): ScalarNode | undefined {
  return scalars.includes(name) ? { kind: name as ScalarNode['kind'], isUuid: false } : undefined;
}

function notUnion(node: SchemaNode): Exclude<SchemaNode, UnionNode> {
  if (node.kind === 'union') throw new Error('the schema has a union in a union');
  return node;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function sizeOf(size: unknown): number {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw new Error('a fixed type of the schema has no size');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
