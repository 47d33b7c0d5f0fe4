import { expect, test } from 'vitest';
import { type ContentLimits, readContent } from '../src/content-reader.ts';
import { contentSchema } from '../src/content-schema.ts';

/** How many; `FUZZ_MESSAGES` asks for a longer run. */
const messages = Number(process.env.FUZZ_MESSAGES ?? 4_000);
const MiB = 1024 * 1024;

/** Those of a message that is opened. */
const limits: ContentLimits = { inputBytes: 256 * 1024, textBytes: 16_384, values: 100_000, ms: 500 };
/** Every kind of type, and nesting without end. */
const order = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' }, personal: false },
    { name: 'total', type: ['null', 'long', 'double'], personal: false },
    { name: 'lists', type: { type: 'array', items: { type: 'array', items: 'int' } }, personal: false },
    { name: 'nulls', type: { type: 'array', items: 'null' }, personal: false },
    { name: 'labels', type: { type: 'map', values: 'bytes' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['a', 'b'] }, personal: false },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 }, personal: false },
    { name: 'next', type: ['null', 'Order'], personal: false },
  ],
};
const schemas = [order, ['null', 'string'], { type: 'array', items: 'null' }, 'double'].map((avsc) =>
  contentSchema(avsc),
);
const id = '7a0eed16-9430-4d68-901f-c0d4c1c3bf00';
/** An order in Avro but for its last field: a branch, and the order after it. */
const fields = [
  '48',
  Buffer.from(id).toString('hex'),
  '020a',
  '0202060000',
  '0200',
  '02026b02ff00',
  '00',
  '01020304',
];
const one = fields.join('');
const value = {
  ...{ id, total: 7.5, lists: [[1, -2], []], nulls: [null], labels: { k: 'é "quoted"' }, state: 'b' },
  next: { id, more: [[{ a: [] }]] },
};
const seeds = [
  Buffer.from(JSON.stringify(value)),
  Buffer.from(JSON.stringify(value, undefined, 1)),
  Buffer.from(`{"next":${'['.repeat(50)}${']'.repeat(50)}}`),
  Buffer.from(`0000000009${one}00`, 'hex'),
  Buffer.from(`0000000009${`${one}02`.repeat(30)}${one}00`, 'hex'),
  Buffer.from('00000000090204feff', 'hex'),
];
const pieces = ['[', '{', '"', '\\', '\\ud800', '0', '1e999', '-', ',', ':', '\0', '\xff', '\x7f', '\x02'];

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

function mutated(seed: Buffer, random: () => number): Buffer {
  const below = (count: number) => Math.floor(random() * count);
  let bytes = Buffer.from(seed);
  for (let changes = below(5); changes > 0 && bytes.length > 0; changes--) {
    const at = below(bytes.length);
    const kind = random();
    if (kind < 0.5) bytes.writeUInt8(random() < 0.2 ? 0xff : below(256), at);
    else if (kind < 0.7) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(4))]);
    else {
      const times = random() < 0.01 ? 20_000 : 1 + below(4);
      const piece = Buffer.from((pieces[below(pieces.length)] ?? '').repeat(times), 'latin1');
      bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
  }
  return bytes;
}

test(
  'mutated content is shown within its budget, or with the reason that it is not, and in bounded memory',
  () => {
    const random = numbers(13);
    const counts = { shown: 0, undecodable: 0, failed: 0, cut: 0 };
    const before = process.memoryUsage.rss();
    let slowest = 0;
    for (let i = 0; i < messages; i++) {
      const bytes = mutated(seeds[i % seeds.length] as Buffer, random);
      const started = process.cpuUsage();
      const { text, cut, undecodable } = readContent(bytes, {
        limits,
        reveal: random() < 0.7,
        compact: random() < 0.2,
        json: random() < 0.8 ? schemas[0] : undefined,
        // mostly the one that the value was written with
        avro: schemas[random() < 0.8 ? 0 : Math.floor(random() * schemas.length)],
      });
      // CPU time: the machine may be busy with something else
      const { user, system } = process.cpuUsage(started);
      slowest = Math.max(slowest, (user + system) / 1_000);
      if (Buffer.byteLength(text) > limits.textBytes) throw new Error(`${text.length} characters of text`);
      if (undecodable === 'it cannot be decoded') counts.failed++;
      else counts[undecodable === null ? 'shown' : 'undecodable']++;
      if (cut) counts.cut++;
    }
    const rssMiB = (process.memoryUsage.rss() - before) / MiB;
    if (process.env.FUZZ_MESSAGES) console.log({ messages, ...counts, slowest, rssMiB });
    expect(counts.shown).toBeGreaterThan(messages / 20);
    expect(counts.undecodable).toBeGreaterThan(messages / 20);
    expect(counts.cut).toBeGreaterThan(0);
    expect(counts.failed).toBe(0);
    expect(slowest).toBeLessThan(1_000);
    expect(rssMiB).toBeLessThan(400);
  },
  60_000 + messages,
);
