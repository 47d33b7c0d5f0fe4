import { loadModule, replaceModule } from './kafkajs-module.ts';
import type { RecordHeaders } from './record.ts';

interface Encoder {
  writeVarInt(value: number): Encoder;
  writeInt8(value: number): Encoder;
  writeVarLong(value: unknown): Encoder;
  writeVarIntBytes(value: Buffer | null): Encoder;
  writeVarIntString(value: string): Encoder;
  writeVarIntArray(values: Encoder[]): Encoder;
}

interface EncoderClass {
  new (): Encoder;
  sizeOfVarInt(value: number): number;
  sizeOfVarLong(value: unknown): number;
  sizeOfVarIntBytes(value: Buffer | null): number;
}

type HeaderObject = Record<string, Buffer | null | (Buffer | null)[]>;

interface RecordToEncode {
  offsetDelta?: number;
  timestampDelta?: unknown;
  key: Buffer | null;
  value: Buffer | null;
  headers?: HeaderObject;
  headerList?: RecordHeaders;
}

/**
 * kafkajs keeps headers in an object: the order across keys is lost, a null value makes the encoder throw, and
 * `__proto__` is no key at all. Messages that are sent get a list of pairs beside that object: {@link withHeaderList}.
 */
export function sendHeadersAsTheyAre(): void {
  const Encoder = loadModule('kafkajs/src/protocol/encoder') as EncoderClass;

  const sizeOf = Encoder.sizeOfVarInt.bind(Encoder);
  replaceModule('kafkajs/src/protocol/recordBatch/record/v0/index.js', (record: RecordToEncode) => {
    const { offsetDelta = 0, timestampDelta = 0, key, value } = record;
    const headers = record.headerList ?? pairs(record.headers ?? {});
    let size =
      1 +
      Encoder.sizeOfVarLong(timestampDelta) +
      sizeOf(offsetDelta) +
      Encoder.sizeOfVarIntBytes(key) +
      Encoder.sizeOfVarIntBytes(value) +
      sizeOf(headers.length);
    for (const [name, bytes] of headers) {
      const nameSize = Buffer.byteLength(name);
      size += sizeOf(nameSize) + nameSize + Encoder.sizeOfVarIntBytes(bytes);
    }
    return new Encoder()
      .writeVarInt(size)
      .writeInt8(0)
      .writeVarLong(timestampDelta)
      .writeVarInt(offsetDelta)
      .writeVarIntBytes(key)
      .writeVarIntBytes(value)
      .writeVarIntArray(
        headers.map(([name, bytes]) => new Encoder().writeVarIntString(name).writeVarIntBytes(bytes)),
      );
  });
}

/** A message whose headers a patched producer sends as they are. */
export function withHeaderList<T extends object>(message: T, headerList: RecordHeaders): T {
  return { ...message, headerList };
}

function pairs(headers: HeaderObject): RecordHeaders {
  return Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one) => [name, one] as const) : [[name, value] as const],
  );
}
