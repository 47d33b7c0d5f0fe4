import type { ConsumedRecord } from '@sluice/kafka-client';

/** What a record weighs beside its key, value and headers. */
const overheadBytes = 100;

/** What records take of the memory, in bytes, near enough to bound it. */
export function sizeOf(records: readonly ConsumedRecord[]): number {
  let bytes = records.length * overheadBytes;
  for (const record of records) bytes += record.size ?? measure(record);
  return bytes;
}

function measure({ key, value, headers }: ConsumedRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + (header?.length ?? 0);
  return bytes;
}
