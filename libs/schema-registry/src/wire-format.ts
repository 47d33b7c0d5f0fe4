import { FramingError } from './errors.ts';

/*
 * The wire format of Confluent's serializers: byte 0, the schema's id as four bytes, then the data.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */

const MAGIC_BYTE = 0;
const HEADER_BYTES = 5;
const MAX_ID = 2 ** 31 - 1;

/**
 * The five bytes before each message of that schema.
 * @throws FramingError `bad-id`
 */
export function frameHeader(id: number): Buffer {
  if (!isSchemaId(id)) {
    throw new FramingError('bad-id', `a schema id is a whole number from 0 to ${MAX_ID}, not ${id}`);
  }
  const header = Buffer.alloc(HEADER_BYTES, MAGIC_BYTE);
  header.writeInt32BE(id, 1);
  return header;
}

/**
 * The id of the schema that a message was written with; its data begins at byte 5. The id is what the bytes say:
 * negative ones are never given out, and `schemaById` refuses them as it does any id that the registry does not know.
 * @throws FramingError `bad-magic`, `short-frame`
 */
export function schemaIdOf(value: Uint8Array): number {
  if (value.length > 0 && value[0] !== MAGIC_BYTE) {
    throw new FramingError('bad-magic', 'the value does not begin with byte 0, as one with a schema id does');
  }
  if (value.length < HEADER_BYTES) {
    throw new FramingError(
      'short-frame',
      `the value has ${value.length} bytes, too few for byte 0 and a schema id of four bytes`,
    );
  }
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getInt32(1);
}

export function isSchemaId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= MAX_ID;
}
