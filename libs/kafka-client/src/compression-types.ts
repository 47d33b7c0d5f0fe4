import type { Compression } from './options.ts';

/** Numbers of the codecs in a record batch's attributes. */
export const compressionTypes: Readonly<Record<Compression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};
