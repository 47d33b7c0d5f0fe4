import { expect, it } from 'vitest';
import { compressSync } from 'snappy';
import { fromSnappyStream, toSnappyStream } from './compression.ts';

it('snappy is read in the stream format of the Java clients and as the bare block of others', () => {
  const bytes = Buffer.alloc(100_000, 'users ');
  expect(fromSnappyStream(toSnappyStream(bytes))).toEqual(bytes);
  expect(fromSnappyStream(compressSync(bytes))).toEqual(bytes);
  expect(fromSnappyStream(toSnappyStream(Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
});
