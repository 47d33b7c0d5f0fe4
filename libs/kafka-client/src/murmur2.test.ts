import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { murmur2 } from './murmur2.ts';

// not through the package, whose copy is replaced by ours
const reference = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: Buffer,
) => number;

describe('murmur2', () => {
  it.each([
    ['', 275646681],
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("hashes '%s' as Kafka's own test has it", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('gives what kafkajs gives, for keys of every length and every byte', () => {
    for (let length = 0; length < 300; length++) {
      const key = Buffer.from(Array.from({ length }, (_, at) => (at * 37 + length * 101) % 256));
      expect(murmur2(key)).toBe(reference(key));
    }
  });
});
