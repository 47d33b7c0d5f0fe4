const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** The hash of keys that Kafka's clients choose partitions by (`org.apache.kafka.common.utils.Utils.murmur2`), as a signed 32-bit integer. */
export function murmur2(key: Uint8Array): number {
  const { length } = key;
  const byte = (at: number) => key[at] ?? 0;
  let hash = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  if (at < length) {
    // bytes beyond the end are read as zeros, which leave it as it is
    hash ^= byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16);
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
