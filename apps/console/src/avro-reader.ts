import { schemaIdOf, type SchemaRegistry } from '@sluice/schema-registry';
import avsc, { type Schema, type Type } from 'avsc';
import { RawJson } from './raw-json.ts';

/** Bytes before the Avro in Confluent's wire format: a zero, and the schema's id. */
const frameBytes = 5;
const maxTypes = 1_000;

/** Any message in Confluent's wire format as data, by the schema that it was written with. Longs are exact. */
export class AvroReader {
  readonly #registry: SchemaRegistry;
  readonly #types = new Map<number, Promise<Type>>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /** @throws RegistryError; Error where the bytes are not what the schema says */
  async read(bytes: Buffer): Promise<{ readonly schemaId: number; readonly data: unknown }> {
    const schemaId = schemaIdOf(bytes);
    const type = await this.typeOf(schemaId);
    return { schemaId, data: plain(type.fromBuffer(bytes.subarray(frameBytes))) };
  }

  typeOf(schemaId: number): Promise<Type> {
    const known = this.#types.get(schemaId);
    if (known) return known;
    const type = this.#registry.schemaById(schemaId).then(({ avsc: schema, references }) => {
      const registry = {};
      for (const reference of references)
        avsc.Type.forSchema(reference as Schema, { ...exactLongs, registry });
      return avsc.Type.forSchema(schema as Schema, { ...exactLongs, registry });
    });
    this.#types.set(schemaId, type);
    if (this.#types.size > maxTypes) this.#types.delete([...this.#types.keys()][0] ?? schemaId);
    type.catch(() => this.#types.delete(schemaId));
    return type;
  }
}

const longType = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
});

/** Without logical types: what is stored is shown, not what it means. Unions as bare values: `"x"` and not `{"string": "x"}`. */
const exactLongs = {
  wrapUnions: 'never' as const,
  typeHook: (schema: Schema) => (schema === 'long' || isLong(schema) ? longType : undefined),
};

function isLong(schema: Schema): boolean {
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long';
}

/** Records of the library as plain objects, bytes as hex. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'bigint') return new RawJson(value.toString());
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  return value;
}
