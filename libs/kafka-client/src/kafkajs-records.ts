import { loadModule, replaceModule } from './kafkajs-module.ts';
import type { RecordHeaders } from './record.ts';

/** The messages of one partition and fetch, and where the batches that they came in end. */
export type FetchedMessages = object[] & {
  /** Offset after the last complete record batch, whatever was compacted away in it; unset for the old message format. */
  nextOffset?: number;
};

interface Decoder {
  readInt8(): number;
  readVarInt(): number;
  readVarLong(): { toString(): string };
  readVarIntBytes(): Buffer | null;
  readVarIntString(): string;
  readVarIntArray<T>(read: (decoder: Decoder) => T): T[];
}

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

interface BatchContext {
  firstOffset: string;
  firstTimestamp: string;
  maxTimestamp: string;
  magicByte: number;
  isControlBatch?: boolean;
  timestampType?: number;
}

const logAppendTime = 1;

/**
 * kafkajs keeps headers in an object: the order across keys is lost, a null value makes the encoder throw, and
 * `__proto__` is no key at all. Records get a list of pairs beside that object, both ways: {@link headerListOf}.
 */
export function keepHeadersAsTheyAre(): void {
  const Encoder = loadModule('kafkajs/src/protocol/encoder') as EncoderClass;

  replaceModule(
    'kafkajs/src/protocol/recordBatch/record/v0/decoder.js',
    (decoder: Decoder, batch: BatchContext) => new DecodedRecord(decoder, batch),
  );

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

/** A record as kafkajs decodes it, with its headers as they are; the object of kafkajs is made only when asked for. */
class DecodedRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headerList: RecordHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;

  constructor(decoder: Decoder, batch: BatchContext) {
    this.magicByte = batch.magicByte;
    this.attributes = decoder.readInt8();
    const timestampDelta = Number(decoder.readVarLong().toString());
    this.timestamp =
      batch.timestampType === logAppendTime
        ? batch.maxTimestamp
        : String(Number(batch.firstTimestamp) + timestampDelta);
    this.offset = String(Number(batch.firstOffset) + decoder.readVarInt());
    this.key = decoder.readVarIntBytes();
    this.value = decoder.readVarIntBytes();
    this.headerList = decoder.readVarIntArray(
      (header) => [header.readVarIntString(), header.readVarIntBytes()] as const,
    );
    this.isControlRecord = batch.isControlBatch ?? false;
    this.batchContext = batch;
  }

  get headers(): HeaderObject {
    const grouped: HeaderObject = {};
    for (const [name, value] of this.headerList) {
      const known = grouped[name];
      grouped[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
    }
    return grouped;
  }
}

/** The headers of a record that a patched consumer delivered. */
export function headerListOf(message: object): RecordHeaders {
  return (message as { headerList?: RecordHeaders }).headerList ?? [];
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
