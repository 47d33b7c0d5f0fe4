import { expect, it } from 'vitest';
import { compressSync } from 'snappy';
import { toSnappyStream } from './compression.ts';
import { compressionTypes } from './compression-types.ts';
import { decompressUpTo } from './decompression/decompress.ts';

it('snappy is read in the stream format of the Java clients and as the bare block of others', async () => {
  const bytes = Buffer.alloc(100_000, 'users ');
  const read = (compressed: Buffer) => decompressUpTo(compressionTypes.snappy, compressed, bytes.length);
  expect(await read(toSnappyStream(bytes))).toEqual(bytes);
  expect(await read(compressSync(bytes))).toEqual(bytes);
  expect(await read(toSnappyStream(Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
});
