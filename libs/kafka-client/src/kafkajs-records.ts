import { replaceModule } from './kafkajs-module.ts';
import { murmur2 } from './murmur2.ts';
import type { RecordHeaders } from './record.ts';

/** What kafkajs puts into a batch: its own encoders have these two, of which it copies the second. */
interface EncodedRecord {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

type Bytes = Buffer | string | null | undefined;
type HeaderObject = Record<string, Bytes | Bytes[]>;

interface RecordToEncode {
  offsetDelta?: number;
  timestampDelta?: number;
  key?: Bytes;
  value?: Bytes;
  headers?: HeaderObject;
  headerList?: RecordHeaders;
}

/**
 * kafkajs keeps headers in an object: the order across keys is lost, a null value makes the encoder throw, and
 * `__proto__` is no key at all. Messages that are sent get a list of pairs beside that object: {@link withHeaderList}.
 *
 * Records are written here into one buffer each (https://kafka.apache.org/documentation/#record), where kafkajs grows several.
 */
export function sendHeadersAsTheyAre(): void {
  replaceModule('kafkajs/src/protocol/recordBatch/record/v0/index.js', encodeRecord);
}

/** kafkajs hashes the key of every record with 64-bit integers that are objects; 32 bits are enough, and are the machine's. */
export function hashKeysQuickly(): void {
  const toBuffer = (key: unknown) => (Buffer.isBuffer(key) ? key : Buffer.from(String(key)));
  replaceModule('kafkajs/src/producer/partitioners/default/murmur2.js', (key: unknown) =>
    murmur2(toBuffer(key)),
  );
}

/** A message whose headers a patched producer sends as they are. */
export function withHeaderList<T extends object>(message: T, headerList: RecordHeaders): T {
  return { ...message, headerList };
}

function encodeRecord(record: RecordToEncode): EncodedRecord {
  const { offsetDelta = 0, timestampDelta = 0 } = record;
  const key = asBytes(record.key);
  const value = asBytes(record.value);
  const headers = record.headerList ?? pairs(record.headers ?? {});
  const length =
    1 +
    sizeOfInteger(timestampDelta) +
    sizeOfInteger(offsetDelta) +
    sizeOfBytes(key) +
    sizeOfBytes(value) +
    sizeOfInteger(headers.length) +
    sizeOfHeaders(headers);
  const buffer = Buffer.allocUnsafe(sizeOfInteger(length) + length);
  let at = writeInteger(buffer, length, 0);
  // the attributes, of which there are none
  buffer[at++] = 0;
  at = writeInteger(buffer, timestampDelta, at);
  at = writeInteger(buffer, offsetDelta, at);
  at = writeBytes(buffer, key, at);
  at = writeBytes(buffer, value, at);
  at = writeInteger(buffer, headers.length, at);
  writeHeaders(buffer, headers, at);
  return { buf: buffer, buffer };
}

/** Headers as a record has them, without their count. */
export function encodeHeaders(headers: RecordHeaders): Buffer {
  const buffer = Buffer.allocUnsafe(sizeOfHeaders(headers));
  writeHeaders(buffer, headers, 0);
  return buffer;
}

function pairs(headers: HeaderObject): RecordHeaders {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => [name, asBytes(one)] as const),
  );
}

function asBytes(value: Bytes): Buffer | null {
  if (value === null || value === undefined) return null;
  return Buffer.isBuffer(value) ? value : Buffer.from(value);
}

/** Of a zigzag varint of a safe integer. */
function sizeOfInteger(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function writeInteger(buffer: Buffer, value: number, from: number): number {
  let at = from;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[at++] = (rest % 0x80) | 0x80;
  buffer[at++] = rest;
  return at;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function sizeOfHeaders(headers: RecordHeaders): number {
  let size = 0;
  for (const [name, bytes] of headers) {
    const nameLength = Buffer.byteLength(name);
    size += sizeOfInteger(nameLength) + nameLength + sizeOfBytes(bytes);
  }
  return size;
}

function writeHeaders(buffer: Buffer, headers: RecordHeaders, from: number): void {
  let at = from;
  for (const [name, bytes] of headers) {
    at = writeInteger(buffer, Buffer.byteLength(name), at);
    at += buffer.write(name, at);
    at = writeBytes(buffer, bytes, at);
  }
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfInteger(bytes.length) + bytes.length;
}

/** Of null: the length -1. */
function writeBytes(buffer: Buffer, bytes: Buffer | null, from: number): number {
  if (bytes === null) return writeInteger(buffer, -1, from);
  const at = writeInteger(buffer, bytes.length, from);
  buffer.set(bytes, at);
  return at + bytes.length;
}
