import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { expect, it } from 'vitest';
import { batch, record } from './record-batch.ts';
import { toSnappyStream } from '../src/compression.ts';
import { readRecordBatches } from '../src/record-batches.ts';
import { crc32c } from '../src/decompression/crc32c.ts';

/** How many; `FUZZ_MESSAGES` asks for a longer run. */
const messages = Number(process.env.FUZZ_MESSAGES ?? 1_000);
const MiB = 1024 * 1024;

/** Mulberry32: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mutated(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = 16 + Math.floor(random() * (copy.length - 16));
    copy.writeUInt8(random() < 0.3 ? 0xff : Math.floor(random() * 256), at);
  }
  copy.writeUInt8(2, 16);
  // mostly with a checksum that is right, as a hostile producer has it
  if (random() < 0.9) copy.writeUInt32BE(crc32c(copy.subarray(21)), 17);
  return copy;
}

it(
  'mutated batches of every codec crash nothing, stall nothing and take bounded memory',
  async () => {
    const records = Array.from({ length: 20 }, (_, i) =>
      record({
        offsetDelta: i,
        key: Buffer.from(`k${i}`),
        value: Buffer.alloc(200 + i, 'value '),
        headers: [['h', Buffer.from('v')]],
      }),
    );
    const bytes = Buffer.concat(records);
    const bodies = [
      bytes,
      gzipSync(bytes),
      toSnappyStream(bytes),
      compressFrameSync(bytes),
      zstdCompressSync(bytes),
    ];
    const seeds = bodies.map((body, attributes) => batch(records, { attributes, body }));
    seeds.push(batch(records, { attributes: 2, body: compressSync(bytes) }));
    seeds.push(batch(records, { attributes: 1, body: gzipSync(Buffer.alloc(20 * MiB)) }));
    const random = numbers(7);
    const before = process.memoryUsage.rss();
    let slowest = 0;
    let unreadable = 0;
    for (let i = 0; i < messages; i++) {
      // the bomb is slow to make nothing of
      const at = random() < 0.002 ? seeds.length - 1 : Math.floor(random() * (seeds.length - 1));
      const started = process.cpuUsage();
      const read = await readRecordBatches(mutated(seeds[at] as Buffer, random));
      for (const { key, value, headers } of read) void [key, value, headers];
      for await (const slice of read.large?.slices({ from: 0, limit: 16 * MiB }) ?? [])
        for (const { headers, unreadable: is } of slice.records) {
          void headers;
          if (is) unreadable++;
        }
      // CPU time: the machine may be busy with something else
      const { user, system } = process.cpuUsage(started);
      slowest = Math.max(slowest, (user + system) / 1_000);
    }
    expect(unreadable).toBeGreaterThan(messages / 10);
    expect(slowest).toBeLessThan(1_000);
    expect((process.memoryUsage.rss() - before) / MiB).toBeLessThan(400);
    if (process.env.FUZZ_MESSAGES)
      console.log({ messages, unreadable, slowest, rssMiB: process.memoryUsage.rss() / MiB });
  },
  60_000 + messages * 5,
);
