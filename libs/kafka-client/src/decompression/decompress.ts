import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { promisify } from 'node:util';
// as a whole: a name that an older Node does not have would fail before its clear refusal
import zlib, { type ZlibOptions, type ZstdOptions } from 'node:zlib';
import { compressionTypes } from '../compression-types.ts';
import { nativeCodec } from '../native-codecs.ts';
import { largePartBytes } from './limits.ts';
import { lz4Blocks, maxLz4Output } from './lz4-frame.ts';
import { MalformedError, TooLargeError } from './malformed.ts';
import { decompressSnappyBlock, type SnappyBlock, snappyBlocks } from './snappy-blocks.ts';
import { largePartTurn } from './turn.ts';

const unzipAll = promisify<Buffer, ZlibOptions, Buffer>(zlib.unzip);
const zstdDecompressAll = promisify<Buffer, ZstdOptions, Buffer>(zlib.zstdDecompress);

const chunkBytes = 64 * 1024;
/** Output of codecs that work on this thread, after which others get a turn. */
const bytesPerTurn = 2 * 1024 * 1024;

/**
 * Decompresses a whole batch, unless that is above `limit`: then the answer is undefined, and no more than `limit` bytes were
 * made. What the codec's headers claim allocates nothing.
 *
 * @throws MalformedError
 */
export async function decompressUpTo(
  type: number,
  bytes: Buffer,
  limit: number,
): Promise<Buffer | undefined> {
  switch (type) {
    case compressionTypes.none:
      return bytes;
    case compressionTypes.gzip:
      return fitting(unzipAll(bytes, { maxOutputLength: limit }));
    case compressionTypes.zstd:
      return fitting(zstdDecompressAll(bytes, { maxOutputLength: limit }));
    case compressionTypes.lz4:
      if (maxLz4Output(bytes) > limit) return undefined;
      return nativeCodec('lz4-napi')
        .decompressFrame(bytes)
        .catch((cause: unknown) => {
          throw new MalformedError('the LZ4 frame is malformed', { cause });
        });
    case compressionTypes.snappy:
      return decompressSnappy(bytes, limit);
    default:
      throw new MalformedError(`there is no codec ${type}`);
  }
}

/**
 * The same in parts, of which none is kept. `limit` is for parts that a codec gives only as a whole.
 *
 * @throws MalformedError, also after some parts; TooLargeError
 */
export async function* decompressedParts(
  type: number,
  bytes: Buffer,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Buffer, void, undefined> {
  switch (type) {
    case compressionTypes.none:
      yield bytes;
      return;
    case compressionTypes.gzip:
    case compressionTypes.zstd: {
      const options = { chunkSize: chunkBytes };
      const stream =
        type === compressionTypes.gzip ? zlib.createUnzip(options) : zlib.createZstdDecompress(options);
      stream.end(bytes);
      try {
        for await (const part of stream) yield part as Buffer;
      } catch (error) {
        throw malformedBy(error);
      }
      return;
    }
    case compressionTypes.lz4:
      yield* inTurns(lz4Blocks(bytes));
      return;
    case compressionTypes.snappy:
      yield* snappyParts(bytes, limit, signal);
      return;
    default:
      throw new MalformedError(`there is no codec ${type}`);
  }
}

async function fitting(output: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await output;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw malformedBy(error);
  }
}

function malformedBy(cause: unknown): MalformedError {
  return new MalformedError('the compressed bytes are malformed', { cause });
}

function decompressSnappy(bytes: Buffer, limit: number): Buffer | undefined {
  let size = 0;
  const blocks: SnappyBlock[] = [];
  for (const block of snappyBlocks(bytes)) {
    size += block.size;
    if (size > limit) return undefined;
    blocks.push(block);
  }
  const [first] = blocks;
  if (first && blocks.length === 1) return decompressSnappyBlock(first);
  return Buffer.concat(blocks.map(decompressSnappyBlock), size);
}

async function* snappyParts(
  bytes: Buffer,
  limit: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  let made = 0;
  for (const block of snappyBlocks(bytes)) {
    if (block.size > limit)
      throw new TooLargeError(`a Snappy block of ${block.size} bytes can only be decompressed as a whole`);
    const release = block.size > largePartBytes ? await largePartTurn.take(signal) : undefined;
    try {
      yield decompressSnappyBlock(block);
    } finally {
      release?.();
    }
    made += block.size;
    if (made >= bytesPerTurn) {
      made = 0;
      await turnOfEventLoop();
    }
  }
}

async function* inTurns(parts: Iterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let made = 0;
  for (const part of parts) {
    yield part;
    made += part.length;
    if (made < bytesPerTurn) continue;
    made = 0;
    await turnOfEventLoop();
  }
}
