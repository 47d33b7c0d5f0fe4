/** Decompressed bytes of one batch that are in memory at once; a larger one is read in parts. */
export const wholeBatchBytes = 16 * 1024 * 1024;

/** Decompressed bytes of one record, or of one part that a codec gives only as a whole: default of `maxDecompressedBatchBytes`. */
export const defaultMaxRecordBytes = 64 * 1024 * 1024;

/** Of records and parts above this, one is in memory at once. */
export const largePartBytes = 1024 * 1024;
