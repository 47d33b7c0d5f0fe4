import type { ConsumedRecord } from '@sluice/kafka-client';

/** A record with bytes of its own: those of a fetched one keep its whole batch in memory. */
export function copyOfRecord(record: ConsumedRecord): ConsumedRecord {
  const { topic, topicId, partition, offset, timestamp, key, value, headers } = record;
  const copy = (bytes: Buffer | null) => bytes && Buffer.from(bytes);
  return {
    topic,
    topicId,
    partition,
    offset,
    timestamp,
    key: copy(key),
    value: copy(value),
    headers: headers.map(([name, bytes]) => [name, copy(bytes)]),
  };
}
