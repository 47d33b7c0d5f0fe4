import type { BoundValues } from './bound-values.ts';
import type { ColumnConversion } from './column-conversion.ts';
import { uuidBytes, writeUuid } from './uuid-bytes.ts';

/**
 * Encodes one value that is not null as the native protocol has it (v4, section 6), or returns undefined for
 * a value that is not of the type.
 *
 * Rows are encoded here and not by the driver, because the bytes are needed before the request (a batch is
 * measured, a partition's replicas are looked up), because a value that does not fit must be the error of its
 * row and not of its batch, and because it is cheaper.
 */
export type EncodeValue = (value: unknown) => Buffer | undefined;

const encoders = new Map<string, EncodeValue>([
  ['text', (value) => (typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined)],
  ['ascii', (value) => (typeof value === 'string' ? encodeAscii(value) : undefined)],
  ['tinyint', encodeTinyint],
  ['smallint', encodeSmallint],
  ['int', encodeInt],
  ['bigint', encodeBigint],
  ['float', (value) => (typeof value === 'number' ? encodeFloat(value) : undefined)],
  ['double', (value) => (typeof value === 'number' ? encodeDouble(value) : undefined)],
  ['boolean', (value) => (typeof value === 'boolean' ? (value ? trueByte : falseByte) : undefined)],
  ['blob', (value) => (Buffer.isBuffer(value) ? value : undefined)],
  ['uuid', (value) => (typeof value === 'string' ? encodeUuid(value) : undefined)],
  ['timeuuid', (value) => (typeof value === 'string' ? encodeTimeuuid(value) : undefined)],
  ['timestamp', encodeTimestamp],
  ['date', (value) => (typeof value === 'string' ? encodeDate(value) : undefined)],
  ['varint', (value) => (typeof value === 'string' ? encodeVarint(value) : undefined)],
  ['decimal', (value) => (typeof value === 'string' ? encodeDecimal(value) : undefined)],
]);

/** What a column can have for a type: no other can be written, so no other is created. */
export const supportedTypes: readonly string[] = [...encoders.keys()];

export function encoderFor(cqlType: string): EncodeValue | undefined {
  return encoders.get(cqlType);
}

/** Adds a value that is not null to those of a statement; false for one that is not of the type. */
export type BindValue = (value: unknown, values: BoundValues) => boolean;

/** The types of most columns, without a buffer for each value. */
const binders = new Map<string, BindValue>([
  ['text', bindText],
  ['int', bindInt],
  ['bigint', bindBigint],
  ['double', bindDouble],
  ['timestamp', bindTimestamp],
  ['uuid', bindUuid],
]);

/** Binds what `encode` gives. */
export function binderFor(cqlType: string, encode: EncodeValue, conversion?: ColumnConversion): BindValue {
  const binder = conversion ? undefined : binders.get(cqlType);
  if (binder) return binder;
  return (value, values) => {
    const bytes = encode(value);
    if (bytes) values.addBytes(bytes);
    return bytes !== undefined;
  };
}

const trueByte = Buffer.from([1]);
const falseByte = Buffer.from([0]);

/** The largest instant that a JavaScript date has, ms; it is read back as one. */
const maxInstant = 8.64e15;
const dayMs = 86_400_000;

function isInt(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= maxInstant;
}

function bindText(value: unknown, values: BoundValues): boolean {
  if (typeof value !== 'string') return false;
  values.addText(value);
  return true;
}

function bindInt(value: unknown, values: BoundValues): boolean {
  if (!isInt(value)) return false;
  values.addInt(value);
  return true;
}

function bindBigint(value: unknown, values: BoundValues): boolean {
  const safe = typeof value === 'bigint' ? Number(value) : value;
  if (Number.isSafeInteger(safe)) {
    values.addLong(safe as number);
    return true;
  }
  const bytes = encodeBigint(value);
  if (bytes) values.addBytes(bytes);
  return bytes !== undefined;
}

function bindDouble(value: unknown, values: BoundValues): boolean {
  if (typeof value !== 'number') return false;
  values.addDouble(value);
  return true;
}

function bindTimestamp(value: unknown, values: BoundValues): boolean {
  if (!isInstant(value)) return false;
  values.addLong(value);
  return true;
}

function bindUuid(value: unknown, values: BoundValues): boolean {
  return typeof value === 'string' && values.addUuid(value);
}

function encodeAscii(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.every((byte) => byte < 0x80) ? bytes : undefined;
}

function encodeTinyint(value: unknown): Buffer | undefined {
  return isInt(value) && (value << 24) >> 24 === value ? Buffer.of(value) : undefined;
}

function encodeSmallint(value: unknown): Buffer | undefined {
  return isInt(value) && (value << 16) >> 16 === value ? Buffer.of(value >> 8, value) : undefined;
}

function encodeInt(value: unknown): Buffer | undefined {
  if (!isInt(value)) return undefined;
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function encodeBigint(value: unknown): Buffer | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? encodeSafeInteger(value) : undefined;
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return undefined;
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function encodeTimestamp(value: unknown): Buffer | undefined {
  return isInstant(value) ? encodeSafeInteger(value) : undefined;
}

/** Eight bytes, big endian, without the detour over BigInt. */
function encodeSafeInteger(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  const high = Math.floor(value / 0x1_0000_0000);
  bytes.writeInt32BE(high, 0);
  bytes.writeUInt32BE(value - high * 0x1_0000_0000, 4);
  return bytes;
}

/** Days since -2^31, so that the epoch is in the middle of an unsigned int. */
function encodeDate(text: string): Buffer | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const midnight = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 30 February for 1 March. The year 0 is the driver's 1 BC, which has another text.
  if (
    Number.isNaN(midnight) ||
    !new Date(midnight).toISOString().startsWith(text) ||
    text.startsWith('0000')
  ) {
    return undefined;
  }
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(midnight / dayMs + 2 ** 31);
  return bytes;
}

function encodeVarint(text: string): Buffer | undefined {
  return /^-?\d+$/.test(text) ? integerBytes(BigInt(text)) : undefined;
}

/** The number of fraction digits, and the number without its point. The scale is kept: 1.50 is not made 1.5. */
function encodeDecimal(text: string): Buffer | undefined {
  const [, integer, fraction = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (integer === undefined) return undefined;
  const scale = Buffer.allocUnsafe(4);
  scale.writeInt32BE(fraction.length);
  return Buffer.concat([scale, integerBytes(BigInt(integer + fraction))]);
}

/** The fewest bytes that hold an integer, big endian, two's complement. */
function integerBytes(value: bigint): Buffer {
  const digits = (value < 0n ? -value : value).toString(16).length;
  let size = Math.ceil(digits / 2);
  if (BigInt.asIntN(size * 8, value) !== value) size++;
  const hex = BigInt.asUintN(size * 8, value).toString(16);
  return Buffer.from(hex.padStart(size * 2, '0'), 'hex');
}

function encodeFloat(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeFloatBE(value);
  return bytes;
}

function encodeDouble(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function encodeUuid(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(uuidBytes);
  return writeUuid(text, bytes, 0) ? bytes : undefined;
}

/** A UUID of version 1, which Cassandra asks of a timeuuid. */
function encodeTimeuuid(text: string): Buffer | undefined {
  return text[14] === '1' ? encodeUuid(text) : undefined;
}
