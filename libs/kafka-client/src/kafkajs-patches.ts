import { createRequire } from 'node:module';
import type * as KafkaJs from 'kafkajs';
import type { RecordHeaders } from './record.ts';

/**
 * kafkajs 2.2.4 is pinned and no longer changes; what it gets wrong is put right here, once, before its first use.
 * Each patch names the behaviour it replaces and has a test that fails without it.
 */
const load = createRequire(import.meta.url);

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

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

/** kafkajs with the patches in it. They leave its own interface as it is, for a program that also uses kafkajs itself. */
export function loadPatchedKafkaJs(): typeof KafkaJs {
  keepHeadersAsTheyAre(); // first, before anything else loads the files it replaces
  stopIdleWakeUps();
  deliverEmptyBatches();
  rejoinWhenOutOfRange();
  return load('kafkajs') as typeof KafkaJs;
}

/**
 * An idle connection reschedules its queue check with a delay that is already past: ~840 wake-ups a second, ~7% of a core
 * a connection, and TimeoutNegativeWarning on newer Nodes. There is nothing to check while nothing waits.
 */
function stopIdleWakeUps(): void {
  const { prototype } = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/**
 * kafkajs keeps headers in an object: the order across keys is lost, a null value makes the encoder throw, and
 * `__proto__` is no key at all. Records get a list of pairs beside that object, both ways: {@link headerListOf}.
 */
function keepHeadersAsTheyAre(): void {
  const Encoder = load('kafkajs/src/protocol/encoder') as EncoderClass;

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

/**
 * A batch of only control or aborted records is resolved inside kafkajs and never reaches eachBatch: a reader that keeps
 * its own position would wait for it for ever. Such batches are delivered, with no messages in them.
 */
function deliverEmptyBatches(): void {
  const { prototype } = load('kafkajs/src/consumer/batch') as {
    prototype: { rawMessages: unknown[]; isEmpty(): boolean; isEmptyDueToFiltering(): boolean };
  };
  prototype.isEmpty = function () {
    return this.rawMessages.length === 0;
  };
  prototype.isEmptyDueToFiltering = () => false;
}

/**
 * On OFFSET_OUT_OF_RANGE kafkajs commits -1 or -2 for the group before anyone is asked, which skips or repeats records.
 * Here the member joins again instead, and the assignment's own look-up of positions applies the policy.
 */
function rejoinWhenOutOfRange(): void {
  const { prototype } = load('kafkajs/src/consumer/consumerGroup') as {
    prototype: { recoverFromOffsetOutOfRange(error: Error): Promise<void> };
  };
  prototype.recoverFromOffsetOutOfRange = (error) =>
    Promise.reject(
      Object.assign(new Error(error.message, { cause: error }), { type: 'REBALANCE_IN_PROGRESS' }),
    );
}

function replaceModule(path: string, exports: unknown): void {
  const file = load.resolve(path);
  load(file);
  const module = load.cache[file];
  if (!module) throw new Error(`${path} cannot be replaced: it is not in the module cache`);
  module.exports = exports;
}
