import { nativeCodec } from '../native-codecs.ts';
import { MalformedError } from './malformed.ts';

/**
 * The stream format of snappy-java, which Kafka's own clients write: magic, two version numbers, then blocks, each with its
 * compressed length before it, all big-endian. Some other clients write a bare block.
 */
export const snappyStreamHeader = Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1');
const magicBytes = 8;
/** The longest copy, 64 bytes, takes 3 bytes: what claims to be larger than that allows is not Snappy. */
const maxRatio = 22;

export interface SnappyBlock {
  readonly bytes: Buffer;
  /** As the block claims, and as its compressed length allows. */
  readonly size: number;
}

/** The blocks, none of them decompressed. @throws MalformedError */
export function* snappyBlocks(bytes: Buffer): Generator<SnappyBlock> {
  if (!bytes.subarray(0, magicBytes).equals(snappyStreamHeader.subarray(0, magicBytes))) {
    yield block(bytes);
    return;
  }
  for (let at = snappyStreamHeader.length; at < bytes.length;) {
    if (at + 4 > bytes.length) throw new MalformedError('a Snappy block is cut off');
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw new MalformedError('a Snappy block is cut off');
    yield block(bytes.subarray(at, at + length));
    at += length;
  }
}

/** @throws MalformedError */
export function decompressSnappyBlock({ bytes, size }: SnappyBlock): Buffer {
  const { uncompressSync } = nativeCodec('snappy');
  try {
    const output = uncompressSync(bytes, { asBuffer: true }) as Buffer;
    if (output.length === size) return output;
  } catch {
    // reported below
  }
  throw new MalformedError('a Snappy block is malformed');
}

function block(bytes: Buffer): SnappyBlock {
  let size = 0;
  let factor = 1;
  for (let at = 0; at < 5; at++, factor *= 0x80) {
    const byte = bytes[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * factor;
    if (byte > 0x7f) continue;
    if (size > bytes.length * maxRatio) break;
    return { bytes, size };
  }
  throw new MalformedError('the length that a Snappy block claims is not possible');
}
