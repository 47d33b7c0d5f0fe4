import type { Type } from 'avsc';
import { AvroTap } from './avro-tap.ts';
import { compareSchemas, unresolvedPart } from './avro-resolution.ts';
import { readerType, type WriterSchema, writerType } from './avro-types.ts';
import { recordFromAvro } from './avro-values.ts';
import { DataError, SchemaError } from './errors.ts';
import type { RecordSchema, RecordValue } from './schema.ts';
import { fieldRule } from './value-rules.ts';

export interface AvroDecoder<T> {
  /**
   * Reads one value: Avro's binary encoding of one record, from the byte at `from` (default 0) to the end.
   *
   * @throws DataError `bad-avro`, `invalid-utf8`, `too-deep` or `trailing-bytes`, else of the first field, in schema order, that is wrong
   */
  decode(value: Buffer, from?: number): T;
  /** Fields of the writer that the reader does not have: their values are read over. */
  readonly unknownFields: readonly string[];
}

/**
 * Reads Avro records that were written with one schema as records of another (Avro 1.12, "Schema Resolution"): new fields
 * get their default, removed ones are read over, those with another name are found by their aliases. Make one
 * decoder for each writer's schema and keep it: it holds generated code.
 *
 * Stricter than the specification in what would store something else than was written: logical types must be the same where
 * both have one, and so must the scale of decimals. Stricter, too, as registries are: the reader must take every branch of a
 * union and every symbol of an enum of the writer. The names of the two records must be the same, without their namespaces, or
 * one an alias of the other.
 *
 * @param schema of the records that are wanted
 * @throws {@link SchemaError} where records of the writer's schema cannot be read as records of `schema`
 */
export function avroDecoder<T extends object = RecordValue>(
  schema: RecordSchema,
  writer: WriterSchema,
): AvroDecoder<T> {
  const written = writerType(writer);
  const unknownFields = compareSchemas(schema, written);
  const { type } = readerType(schema.avsc);
  const read = resolve(type, written.type) as Resolver<T>;
  const complete = recordFromAvro(schema.fields.map((field) => fieldRule(field)));
  const tap = new AvroTap();
  return {
    unknownFields,
    decode(value, from = 0) {
      tap.begin(value, from);
      let record: T;
      try {
        record = read._read(tap);
        if (!tap.isAtEnd) throw new DataError('trailing-bytes');
      } catch (cause) {
        throw asDataError(cause);
      } finally {
        tap.end();
      }
      complete(record);
      return record;
    },
  };
}

interface Resolver<T> {
  _read(tap: AvroTap): T;
}

function resolve(type: Type, written: Type): unknown {
  try {
    return type.createResolver(written, { ignoreNamespaces: true });
  } catch (cause) {
    const { field, reason } = unresolvedPart(type, written);
    throw new SchemaError(reason, { cause, ...(field !== undefined && { field }) });
  }
}

/** What avsc finds wrong, such as the branch of a union that is not there, is an error of no class of its own. */
function asDataError(cause: unknown): DataError {
  return cause instanceof DataError ? cause : new DataError('bad-avro', undefined, { cause });
}
