import avsc, { type Schema, type Type, type types } from 'avsc';
import type { AvroTap } from './avro-tap.ts';
import { SchemaError } from './errors.ts';

/** An Avro schema as parsed JSON. */
export interface WriterSchema {
  readonly avsc: unknown;
  /** The schemas that it refers to by name, each after those that it refers to itself. Default: none. */
  readonly references?: readonly unknown[];
}

/** What a logical type says of the values under it. */
export interface LogicalType {
  readonly name: string;
  readonly precision?: number;
  readonly scale: number;
}

/** An Avro type of any kind, with the logical types in it, which avsc leaves out. */
export interface AvroType {
  readonly type: Type;
  readonly logicalTypes: ReadonlyMap<Type, LogicalType>;
}

/** How `long` is held in JavaScript, which depends on what is done with the type. */
type Longs = (logicalType: string | undefined) => Type;

type TypeClass<T> = new (schema: unknown, options: unknown) => Type & T;
type Skip = (tap: AvroTap) => void;

const { ArrayType, LongType, MapType, RecordType } = avsc.types as unknown as {
  readonly ArrayType: TypeClass<{ readonly itemsType: ItemsType; _skip(tap: AvroTap): void }>;
  readonly MapType: TypeClass<{ _skip(tap: AvroTap): void }>;
  readonly RecordType: TypeClass<{ _createSkipper(): Skip }>;
  readonly LongType: { new (): Type; __with(methods: object): Type };
};

interface ItemsType extends Type {
  _read(tap: AvroTap): unknown;
}

/** Takes room for items as they are read; avsc's own type takes it for as many as a few bytes announce. */
class ListType extends ArrayType {
  _read(tap: AvroTap): unknown[] {
    const list: unknown[] = [];
    for (let block = tap.readLong(); block !== 0; block = tap.readLong()) {
      // a negative count is followed by the size of the block
      if (block < 0) tap.skipLong();
      for (let left = Math.abs(block); left > 0; left--) list.push(this.itemsType._read(tap));
    }
    return list;
  }

  override _skip(tap: AvroTap): void {
    tap.enter();
    super._skip(tap);
    tap.leave();
  }
}

/** Counts its levels where it is read over, as lists and records do: one that holds itself can be nested without end. */
class LeveledMapType extends MapType {
  override _skip(tap: AvroTap): void {
    tap.enter();
    super._skip(tap);
    tap.leave();
  }
}

/** As {@link LeveledMapType}. */
class LeveledRecordType extends RecordType {
  override _createSkipper(): Skip {
    const skip = super._createSkipper();
    return (tap) => {
      tap.enter();
      skip(tap);
      tap.leave();
    };
  }
}

/** Kinds of types that hold others. */
const containers: ReadonlyMap<unknown, TypeClass<object>> = new Map<unknown, TypeClass<object>>([
  ['array', ListType],
  ['map', LeveledMapType],
  ['record', LeveledRecordType],
  ['error', LeveledRecordType],
]);

/** Long values as bigint. Its `fromBuffer` is given what `AvroTap` reads. */
const bigintLong = LongType.__with({
  fromBuffer: (value: number | bigint) => BigInt(value),
  toBuffer(value: bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: number) => BigInt(value),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** Long values as the nearest number, for reading alone: what is not exact is far out of the range of a date. */
const millisLong = LongType.__with({
  fromBuffer: Number,
  toBuffer: refuse,
  fromJSON: (value: number) => value,
  toJSON: (value: number) => value,
  isValid: (value: unknown) => typeof value === 'number',
  compare: (a: number, b: number) => a - b,
});

function refuse(): never {
  throw new Error('this type is for reading');
}

/** The type of records that are read: longs are bigint, and numbers for `timestamp-millis`. */
export function readerType(schema: unknown): AvroType {
  return avroType({ avsc: schema }, (name) => (name === 'timestamp-millis' ? millisLong : bigintLong));
}

/** The type of records that are written: longs are bigint, and numbers for `timestamp-millis`. */
export function writingType(schema: unknown): Type {
  const numberLong = new LongType();
  return avroType({ avsc: schema }, (name) => (name === 'timestamp-millis' ? numberLong : bigintLong)).type;
}

/**
 * The type of a schema that somebody else has written with.
 *
 * @throws SchemaError where it is not an Avro schema
 */
export function writerType(schema: WriterSchema): AvroType {
  return avroType(schema, () => new LongType());
}

function avroType({ avsc: schema, references = [] }: WriterSchema, longs: Longs): AvroType {
  const registry: Record<string, Type> = {};
  const logicalTypes = new Map<Type, LogicalType>();
  const parse = (one: unknown) =>
    avsc.Type.forSchema(one as Schema, {
      registry,
      omitRecordMethods: true,
      typeHook(part, options) {
        const { type, logicalType, precision, scale = 0, ...rest } = attributesOf(part);
        const Container = containers.get(type);
        if (Container) return new Container(part, options);
        if (type !== 'long' && logicalType === undefined) return undefined;
        // without its logical type, so that it does not come here again
        const made =
          type === 'long' ? longs(logicalType) : avsc.Type.forSchema({ ...rest, type } as Schema, options);
        if (logicalType !== undefined)
          logicalTypes.set(made, { name: logicalType, scale, ...(precision !== undefined && { precision }) });
        return made;
      },
    });
  try {
    for (const reference of references) parse(reference);
    return { type: parse(schema), logicalTypes };
  } catch (cause) {
    throw new SchemaError(`the schema is not valid Avro: ${(cause as Error).message}`, { cause });
  }
}

interface Attributes {
  readonly type: unknown;
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
}

function attributesOf(schema: unknown): Attributes {
  if (typeof schema === 'string') return { type: schema };
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? (schema as Attributes)
    : { type: undefined };
}

export function isRecord(type: Type): type is types.RecordType {
  return avsc.Type.isType(type, 'record');
}

export function isArray(type: Type): type is types.ArrayType {
  return avsc.Type.isType(type, 'array');
}

/** The types that a value may have: the branches of a union without null, or the type itself. */
export function branchesOf(type: Type): readonly Type[] {
  if (!avsc.Type.isType(type, 'union')) return [type];
  return (type as Type & { readonly types: readonly Type[] }).types.filter(
    (branch) => !avsc.Type.isType(branch, 'null'),
  );
}
