import type { ConsumedRecord } from '@sluice/kafka-client';
import { avroEncoder, parseSchema } from '@sluice/record-schema';
import { frameHeader } from '@sluice/schema-registry';
import { describe, expect, it, vi } from 'vitest';
import { RecordHeld, type RecordRefusal } from './errors.ts';
import { recordDecoder, type RecordDecoderOptions } from './record-decoder.ts';

interface Item {
  id: string;
  amount: number | null;
}

const fields = [
  { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
  { name: 'amount', type: ['null', 'int'], default: null, maximum: 90 },
];
const schema = parseSchema({ type: 'record', name: 'Item', fields });
const newer = parseSchema({
  type: 'record',
  name: 'Item',
  fields: [...fields, { name: 'colour', type: ['null', 'string'], default: null }],
});
const lenient = parseSchema({
  type: 'record',
  name: 'Item',
  fields: [fields[0], { ...fields[1], maximum: 900 }],
});
const schemas = new Map([
  [1, schema],
  [2, newer],
  [3, lenient],
]);
const registry = {
  schemaById: (id: number) => {
    const found = schemas.get(id);
    return found
      ? Promise.resolve({ avsc: found.avsc, references: [] })
      : Promise.reject(Object.assign(new Error('no such schema'), { code: 'schema-not-found' }));
  },
};
const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const now = 1_700_000_000_000;

function record(value: Buffer, key: string | null = id): ConsumedRecord {
  const keyBytes = key === null ? null : Buffer.from(key);
  return { topic: 'items', partition: 2, offset: 5, timestamp: now, key: keyBytes, value, headers: [] };
}

function avro(item: object, schemaId = 1): Buffer {
  return avroEncoder<object>(schemas.get(schemaId) ?? schema, { header: frameHeader(schemaId) }).encode(item);
}

const json = (item: object) => Buffer.from(JSON.stringify(item));

function decoder(options: Partial<RecordDecoderOptions<Item, Item>> = {}) {
  return recordDecoder<Item>(schema, {
    key: 'id',
    now: () => now,
    registry,
    unknownSchemaWaitMs: 0,
    ...options,
  });
}

/** The row, or the code with which the record is refused or held, once the registry has answered. */
async function decode(of: ConsumedRecord, using = decoder()): Promise<unknown> {
  for (;;) {
    try {
      const decoded = using.decode(of);
      return decoded.kind === 'upsert' ? { ...decoded.row } : decoded.kind;
    } catch (error) {
      if (!(error instanceof RecordHeld)) return (error as RecordRefusal).code;
      if (!error.until) return `held/${error.code}`;
      await error.until;
    }
  }
}

describe('recordDecoder with a registry', () => {
  it('looks up no id in a form that it does not read: in a header, or of eight bytes', async () => {
    const schemaById = vi.fn(registry.schemaById);
    const using = decoder({ registry: { schemaById } });
    const headers = [['__value_schema_id', Buffer.from('\u00010123456789abcdef')]] as const;
    // as four bytes of an id these would be looked up
    const bare = Buffer.concat([Buffer.from([0, 0, 0, 1, 7]), avro({ id, amount: 1 })]);
    const long = Buffer.concat([Buffer.alloc(8), avro({ id, amount: 1 }).subarray(4)]);
    expect(await decode({ ...record(bare), headers }, using)).toBe('schema-id-in-header');
    expect(await decode(record(long), using)).toBe('long-schema-id');
    expect(await decode({ ...record(avro({ id, amount: 1 }).subarray(5)), headers }, using)).toBe(
      'schema-id-in-header',
    );
    expect(schemaById).not.toHaveBeenCalled();
    expect(await decode({ ...record(json({ id, amount: 1 })), headers }, using)).toEqual({ id, amount: 1 });
    expect(await decode({ ...record(json({ id, amount: 100 })), headers }, using)).toBe(
      'amount:out-of-range',
    );
  });

  it('reads JSON and Avro, and messages of an older and a newer schema, by one decoder', async () => {
    const using = decoder();
    expect(await decode(record(json({ id, amount: 1 })), using)).toEqual({ id, amount: 1 });
    expect(await decode(record(avro({ id, amount: 2 })), using)).toEqual({ id, amount: 2 });
    expect(await decode(record(avro({ id, amount: 3, colour: 'red' }, 2)), using)).toEqual({ id, amount: 3 });
  });

  it('checks the rules of the reader, and the key, as in JSON', async () => {
    expect(await decode(record(avro({ id, amount: 91 }, 3)))).toBe('amount:out-of-range');
    expect(await decode(record(avro({ id, amount: 1 }), id.replace('0', '1')))).toBe('key-mismatch');
    expect(await decode(record(avro({ id, amount: 1 }), null))).toEqual({ id, amount: 1 });
  });

  it.each([
    ['no byte after the first', Buffer.from([0]), 'short-frame'],
    ['half an id', Buffer.from([0, 0, 0, 1]), 'short-frame'],
    ['an id and nothing else', Buffer.from([0, 0, 0, 0, 1]), 'bad-avro'],
    ['a value cut short', avro({ id, amount: 1 }).subarray(0, -1), 'bad-avro'],
    ['a byte too many', Buffer.concat([avro({ id, amount: 1 }), Buffer.from([0])]), 'trailing-bytes'],
    ['an unknown id', Buffer.from([0, 0, 0, 9, 9, 0]), 'unknown-schema'],
    ['a negative id', Buffer.from([0, 255, 255, 255, 255, 0]), 'unknown-schema'],
    ['another magic byte', Buffer.from([1, 0, 0, 0, 1, 0]), 'bad-json'],
  ])('refuses %s', async (_, value, code) => {
    expect(await decode(record(value))).toBe(code);
  });

  it('asks the registry again, also where the clock was set back', async () => {
    let [away, wallClock] = [true, now];
    const using = decoder({
      now: () => wallClock,
      registry: {
        schemaById: (id) => (away ? Promise.reject(new Error('away')) : registry.schemaById(id)),
      },
    });
    const message = record(avro({ id, amount: 1 }));
    expect(await decode(message, using)).toBe('held/registry-failed');
    [away, wallClock] = [false, now - 3_000_000];
    await vi.waitFor(
      async () => {
        expect(await decode(message, using)).toEqual({ id, amount: 1 });
      },
      { timeout: 5_000 },
    );
  });

  it('ignores unknown fields, and tells each name once', async () => {
    const told: string[] = [];
    const using = decoder({ onUnknownField: (name) => told.push(name) });
    await decode(record(avro({ id, amount: 3, colour: 'red' }, 2)), using);
    await decode(record(avro({ id, amount: 3, colour: 'red' }, 2)), using);
    await decode(record(json({ id, amount: 1, taste: 'sweet' })), using);
    expect(told).toEqual(['colour', 'taste']);
  });

  it('holds messages with unknown fields where it is told to, and no others', async () => {
    const using = decoder({ unknownFields: 'pause' });
    expect(await decode(record(avro({ id, amount: 3, colour: null }, 2)), using)).toBe('held/unknown-field');
    expect(await decode(record(json({ id, amount: 1, taste: 'sweet' })), using)).toBe('held/unknown-field');
    expect(await decode(record(json({ id, amount: 1 })), using)).toEqual({ id, amount: 1 });
    expect(await decode(record(avro({ id, amount: 2 })), using)).toEqual({ id, amount: 2 });
  });
});
