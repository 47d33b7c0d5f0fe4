import { promisify } from 'node:util';
// as a whole: a name that an older Node does not have would fail before its clear refusal
import zlib from 'node:zlib';
import type * as KafkaJs from 'kafkajs';
import { compressionTypes } from './compression-types.ts';
import { decompressUpTo } from './decompression/decompress.ts';
import { snappyStreamHeader } from './decompression/snappy-blocks.ts';
import { nativeCodec } from './native-codecs.ts';

const compressGzip = promisify<Buffer, Buffer>(zlib.gzip);
const compressZstd = promisify<Buffer, Buffer>(zlib.zstdCompress);

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** What kafkajs may decompress by itself: messages of the format before record batches, which reach us no other way. */
const oldMessagesLimit = 64 * 1024 * 1024;

/** Gives kafkajs, which knows gzip alone, the other codecs of Kafka, and a limit to the output of each. */
export function registerCodecs({ CompressionCodecs }: typeof KafkaJs): void {
  const codecs: Record<number, () => Codec> = CompressionCodecs;
  const register = (type: number, compress: (bytes: Buffer) => Promise<Buffer>) => {
    codecs[type] = () => ({
      compress: ({ buffer }) => compress(buffer),
      decompress: (bytes) => decompressOldMessages(type, bytes),
    });
  };
  register(compressionTypes.gzip, compressGzip);
  register(compressionTypes.snappy, (bytes) => Promise.resolve(toSnappyStream(bytes)));
  register(compressionTypes.lz4, (bytes) => nativeCodec('lz4-napi').compressFrame(bytes));
  register(compressionTypes.zstd, compressZstd);
}

async function decompressOldMessages(type: number, bytes: Buffer): Promise<Buffer> {
  const output = await decompressUpTo(type, bytes, oldMessagesLimit);
  if (output) return output;
  throw new Error(
    `messages of the format before Kafka 0.11 take more than ${oldMessagesLimit} bytes decompressed: ` +
      'rewrite the topic with a current client',
  );
}

/** Uncompressed bytes of a block, as in snappy-java. */
const blockBytes = 32 * 1024;

/** @internal */
export function toSnappyStream(bytes: Buffer): Buffer {
  const parts: Buffer[] = [snappyStreamHeader];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = nativeCodec('snappy').compressSync(bytes.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
