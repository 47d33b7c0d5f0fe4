import { crc32c } from '../src/decompression/crc32c.ts';

/** A zigzag varint. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function nullable(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** Headers as a record has them, without their count. */
export function encodedHeaders(headers: readonly (readonly [string, Buffer | null])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, bytes]) => [nullable(Buffer.from(name)), nullable(bytes)]));
}

interface Written {
  readonly timestampDelta?: number;
  readonly offsetDelta?: number;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

export function record({
  timestampDelta = 0,
  offsetDelta = 0,
  key = null,
  value = null,
  headers = [],
}: Written): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    nullable(key),
    nullable(value),
    varint(headers.length),
    encodedHeaders(headers),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** A record batch whose checksum is right. `body` stands for the records, as where they are compressed. */
export function batch(
  records: readonly Buffer[],
  {
    attributes = 0,
    lastOffsetDelta = Math.max(0, records.length - 1),
    count = records.length,
    body = Buffer.concat(records),
  }: { attributes?: number; lastOffsetDelta?: number; count?: number; body?: Buffer } = {},
): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(61), body]);
  bytes.writeBigInt64BE(1_000n, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(lastOffsetDelta, 23);
  bytes.writeBigInt64BE(1_700_000_000_000n, 27);
  bytes.writeBigInt64BE(1_700_000_009_999n, 35);
  bytes.writeBigInt64BE(77n, 43);
  bytes.writeInt32BE(count, 57);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}
