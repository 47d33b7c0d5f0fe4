import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type * as KafkaJs from 'kafkajs';
import type * as Lz4 from 'lz4-napi';
import type * as Snappy from 'snappy';
import { loadModule } from './kafkajs-module.ts';
import type { Compression } from './options.ts';

/** Numbers of the codecs in a record batch's attributes. */
export const compressionTypes: Readonly<Record<Compression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

const compressZstd = promisify<Buffer, Buffer>(zstdCompress);
const decompressZstd = promisify<Buffer, Buffer>(zstdDecompress);

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** Gives kafkajs, which knows gzip alone, the other codecs of Kafka. */
export function registerCodecs({ CompressionCodecs }: typeof KafkaJs): void {
  const codecs: Record<number, () => Codec> = CompressionCodecs;
  codecs[compressionTypes.snappy] = () => ({
    compress: ({ buffer }) => Promise.resolve(toSnappyStream(buffer)),
    decompress: (bytes) => Promise.resolve(fromSnappyStream(bytes)),
  });
  codecs[compressionTypes.lz4] = () => ({
    compress: ({ buffer }) => lz4().compressFrame(buffer),
    decompress: (bytes) => lz4().decompressFrame(bytes),
  });
  codecs[compressionTypes.zstd] = () => ({
    compress: ({ buffer }) => compressZstd(buffer),
    decompress: (bytes) => decompressZstd(bytes),
  });
}

/** The native codecs are loaded when the first batch needs them, which saves their memory where none does. */
function snappy(): typeof Snappy {
  return loadModule('snappy') as typeof Snappy;
}

function lz4(): typeof Lz4 {
  return loadModule('lz4-napi') as typeof Lz4;
}

/**
 * The stream format of snappy-java, which Kafka's own clients write: magic, two version numbers, then blocks, each with its
 * compressed length before it, all big-endian.
 */
const streamHeader = Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1');
const magicBytes = 8;
/** Uncompressed bytes of a block, as in snappy-java. */
const blockBytes = 32 * 1024;

/** @internal */
export function toSnappyStream(bytes: Buffer): Buffer {
  const parts: Buffer[] = [streamHeader];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = snappy().compressSync(bytes.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Reads that format, and the bare block that some other clients write. @internal */
export function fromSnappyStream(bytes: Buffer): Buffer {
  const uncompress = (block: Buffer) => snappy().uncompressSync(block, { asBuffer: true }) as Buffer;
  if (!bytes.subarray(0, magicBytes).equals(streamHeader.subarray(0, magicBytes))) return uncompress(bytes);
  const blocks: Buffer[] = [];
  for (let at = streamHeader.length; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    blocks.push(uncompress(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(blocks);
}
