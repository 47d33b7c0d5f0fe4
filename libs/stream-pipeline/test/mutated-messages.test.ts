import type { ConsumedRecord } from '@sluice/kafka-client';
import { jsonEncoder, parseSchema } from '@sluice/record-schema';
import { expect, it } from 'vitest';
import { asRefusal } from '../src/decode-failure.ts';
import { RecordHeld } from '../src/errors.ts';
import { recordDecoder } from '../src/record-decoder.ts';

/** How many; `FUZZ_MESSAGES` asks for a longer run. */
const messages = Number(process.env.FUZZ_MESSAGES ?? 8_000);
const MiB = 1024 * 1024;

const fields = [
  { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
  { name: 'amount', type: ['null', 'int'], default: null },
  { name: 'name', type: ['null', 'string'], default: null },
  { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
];
const schema = parseSchema({ type: 'record', name: 'Item', fields });
const lists = { type: 'array', items: { type: 'array', items: 'int' } };
const writer = { type: 'record', name: 'Item', fields: [...fields, { name: 'more', type: lists }] };
const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const now = 1_700_000_000_000;

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

const pieces = ['[', '{', '"', '\\', '\\ud800', '0', '1e999', '-', ',', ':', '\0', '\xff', 'null'];

function mutated(bytes: Buffer, random: () => number): Buffer {
  let copy = Buffer.from(bytes);
  for (let changes = Math.floor(random() * 5); changes > 0; changes--) {
    const at = Math.floor(random() * copy.length);
    const kind = random();
    if (kind < 0.6) copy.writeUInt8(random() < 0.2 ? 0xff : Math.floor(random() * 256), at);
    else if (kind < 0.8) {
      const piece = pieces[Math.floor(random() * pieces.length)] ?? '';
      const times = random() < 0.02 ? 20_000 : 1 + Math.floor(random() * 3);
      copy = Buffer.concat([
        copy.subarray(0, at),
        Buffer.from(piece.repeat(times), 'latin1'),
        copy.subarray(at),
      ]);
    } else copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + Math.floor(random() * 4))]);
    if (copy.length === 0) return copy;
  }
  return copy;
}

it(
  'mutated messages are read, refused or held, without a stall and in bounded memory',
  async () => {
    const decoder = recordDecoder<{ id: string }>(schema, {
      key: 'id',
      now: () => now,
      registry: {
        schemaById: (number) =>
          number === 1
            ? Promise.resolve({ avsc: writer, references: [] })
            : Promise.reject(Object.assign(new Error('no such schema'), { code: 'schema-not-found' })),
      },
    });
    const json = Buffer.from(
      JSON.stringify({ id, amount: 1, name: 'é "quoted"', at: now, more: [[{ a: [] }]] }),
    );
    const nested = Buffer.from(`{"id":"${id}","more":${'['.repeat(50)}${']'.repeat(50)}}`);
    const framed = Buffer.concat([
      Buffer.from('0000000001', 'hex'),
      Buffer.from([72]),
      Buffer.from(id),
      Buffer.from('0202020a68656c6c6f00', 'hex'),
      Buffer.from('020400', 'hex'),
      Buffer.from('00', 'hex'),
    ]);
    const seeds = [
      json,
      nested,
      framed,
      Buffer.from(jsonEncoder<object>(schema).encode({ id, amount: null, name: null, at: null })),
    ];
    const random = numbers(11);
    const record = (value: Buffer): ConsumedRecord => ({
      ...{ topic: 'items', partition: 0, offset: 0, timestamp: now, key: null, value, headers: [] },
    });
    const counts = { read: 0, refused: 0, failed: 0, held: 0 };
    const before = process.memoryUsage.rss();
    let slowest = 0;
    for (let i = 0; i < messages; i++) {
      const value = mutated(seeds[i % seeds.length] as Buffer, random);
      const started = process.cpuUsage();
      try {
        decoder.decode(record(value));
        counts.read++;
      } catch (error) {
        if (error instanceof RecordHeld) {
          counts.held++;
          await error.until;
        } else if (asRefusal(error).code === 'decode-failed') counts.failed++;
        else counts.refused++;
      }
      // CPU time: the machine may be busy with something else
      const { user, system } = process.cpuUsage(started);
      slowest = Math.max(slowest, (user + system) / 1_000);
    }
    const rssMiB = (process.memoryUsage.rss() - before) / MiB;
    if (process.env.FUZZ_MESSAGES) console.log({ messages, ...counts, slowest, rssMiB });
    expect(counts.read).toBeGreaterThan(messages / 100);
    expect(counts.refused).toBeGreaterThan(messages / 100);
    expect(counts.failed).toBe(0);
    expect(slowest).toBeLessThan(1_000);
    expect(rssMiB).toBeLessThan(400);
  },
  60_000 + messages,
);
