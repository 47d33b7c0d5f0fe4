import { writingType } from './avro-types.ts';
import { recordToAvro } from './avro-values.ts';
import type { RecordSchema, RecordValue } from './schema.ts';
import { checkRecord, fieldRule } from './value-rules.ts';

export interface AvroEncoderOptions {
  /** Bytes that stand before every value, such as the schema id in a registry's wire format. Default: none. */
  readonly header?: Uint8Array;
}

export interface AvroEncoder<T> {
  /**
   * Writes one record in Avro's binary encoding (Avro 1.12, "Binary Encoding").
   *
   * @throws DataError for a record that does not fit the schema
   */
  encode(record: T): Buffer;
}

/** Enough for most records; a larger one makes it grow. */
const initialBytes = 4096;

/** The counterpart of `avroDecoder`: what it writes is read back equal. */
export function avroEncoder<T extends object = RecordValue>(
  schema: RecordSchema,
  { header = new Uint8Array() }: AvroEncoderOptions = {},
): AvroEncoder<T> {
  const rules = schema.fields.map((field) => fieldRule(field));
  const type = writingType(schema.avsc);
  const convert = recordToAvro(rules);
  let space = spaceFor(header, initialBytes);
  return {
    encode(record) {
      checkRecord(rules, record);
      const values = convert ? convert(record) : record;
      let end = type.encode(values, space, header.length);
      // negative: by how much the space was too small
      if (end < 0) {
        space = spaceFor(header, 2 * space.length - end);
        end = type.encode(values, space, header.length);
      }
      return Buffer.from(space.subarray(0, end));
    },
  };
}

function spaceFor(header: Uint8Array, bytes: number): Buffer {
  const space = Buffer.allocUnsafe(header.length + bytes);
  space.set(header);
  return space;
}
