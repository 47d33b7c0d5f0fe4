import type { ConsumedRecord } from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import type { RecordRefusal } from './errors.ts';
import type { RecordDecoder } from './options.ts';
import { recordDecoder } from './record-decoder.ts';

interface Item {
  id: string;
  amount: number | null;
}

const schema = parseSchema({
  type: 'record',
  name: 'Item',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'amount', type: ['null', 'int'], default: null },
  ],
});
const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const now = 1_700_000_000_000;
const decoder = recordDecoder<Item>(schema, { key: 'id', now: () => now });

function record(overrides: Partial<ConsumedRecord> = {}): ConsumedRecord {
  return {
    topic: 'items',
    partition: 2,
    offset: 12_345,
    timestamp: now,
    key: Buffer.from(id),
    value: Buffer.from(JSON.stringify({ id, amount: 1 })),
    headers: [],
    ...overrides,
  };
}

function header(name: string, value: string | null) {
  return [[name, value === null ? null : Buffer.from(value)] as const];
}

/** The code with which a record is refused. */
function refusal(of: ConsumedRecord, using: RecordDecoder<object> = decoder): string {
  try {
    using.decode(of);
  } catch (error) {
    return `${(error as RecordRefusal).stage}/${(error as RecordRefusal).code}`;
  }
  return 'accepted';
}

describe('recordDecoder', () => {
  it('takes the write timestamp from the header, else from timestamp and offset', () => {
    expect(decoder.decode(record())).toEqual({
      kind: 'upsert',
      identity: id,
      version: { writeTimestamp: now * 1000 + 345, offset: 12_345 },
      row: { id, amount: 1 },
    });
    const headers = header('sluice.write-timestamp', String(now * 1000 + 7));
    expect(decoder.decode(record({ headers }))).toMatchObject({
      version: { writeTimestamp: now * 1000 + 7 },
    });
  });

  it('reads a null value as the deletion of the row of its key, in any spelling of it', () => {
    expect(decoder.decode(record({ value: null, key: Buffer.from(id.toUpperCase()) }))).toMatchObject({
      kind: 'delete',
      identity: id,
      key: { id },
    });
    expect(refusal(record({ value: null, key: null }))).toBe('decode/bad-key');
    expect(refusal(record({ value: null, key: Buffer.from('nobody') }))).toBe('decode/bad-key');
  });

  it('accepts a record without a key and refuses one with the key of another row', () => {
    expect(refusal(record({ key: null }))).toBe('accepted');
    expect(refusal(record({ key: Buffer.from(id.toUpperCase()) }))).toBe('accepted');
    expect(refusal(record({ key: Buffer.from('11111111-d9cb-469f-a165-70867728950e') }))).toBe(
      'decode/key-mismatch',
    );
    expect(refusal(record({ key: Buffer.alloc(0) }))).toBe('decode/key-mismatch');
  });

  it('takes the bytes of a key as UTF-8, and as the key of no row where they are not', () => {
    const named = parseSchema({ type: 'record', name: 'Item', fields: [{ name: 'name', type: 'string' }] });
    const using = recordDecoder<{ name: string }>(named, { key: 'name', now: () => now });
    const of = (name: string) => Buffer.from(JSON.stringify({ name }));
    expect(refusal(record({ key: Buffer.from('é'), value: of('é') }), using)).toBe('accepted');
    expect(refusal(record({ key: Buffer.from('é'), value: of('Ã©') }), using)).toBe('decode/key-mismatch');
    expect(refusal(record({ key: Buffer.of(0xff), value: null }), using)).toBe('decode/bad-key');
  });

  it('refuses timestamps that would shadow later updates, or that cannot order anything', () => {
    const hour = 3_600_000;
    expect(refusal(record({ timestamp: now + hour - 1 }))).toBe('accepted');
    expect(refusal(record({ timestamp: now + hour + 1 }))).toBe('decode/future-timestamp');
    expect(refusal(record({ timestamp: -1 }))).toBe('decode/missing-timestamp');
    for (const malformed of ['', 'abc', '-5', '1.5', ' 1', '1e3', '99999999999999999999', null])
      expect(refusal(record({ headers: header('sluice.write-timestamp', malformed) }))).toBe(
        'decode/bad-write-timestamp',
      );
    for (const millis of [String(now), '9999999999999', '0'])
      expect(refusal(record({ headers: header('sluice.write-timestamp', millis) }))).toBe(
        'decode/bad-write-timestamp',
      );
    expect(refusal(record({ headers: header('sluice.write-timestamp', '10000000000000') }))).toBe('accepted');
    expect(refusal(record({ timestamp: 9_999_999_999 }))).toBe('decode/bad-write-timestamp');
    expect(refusal(record({ timestamp: Date.UTC(1999, 0, 1) }))).toBe('accepted');
    const future = String((now + hour + 1) * 1000);
    expect(refusal(record({ headers: header('sluice.write-timestamp', future) }))).toBe(
      'decode/future-timestamp',
    );
    expect(refusal(record({ headers: header('sluice.write-timestamp', '9223372036854775807') }))).toBe(
      'decode/future-timestamp',
    );
  });

  it('refuses the origin of a redriven record where no column could hold it', () => {
    const latest = 253_402_300_799_999;
    for (const [name, greatest] of [
      ['sluice.event-time', latest],
      ['sluice.source-offset', Number.MAX_SAFE_INTEGER],
    ] as const) {
      expect(refusal(record({ headers: header(name, String(greatest)) }))).toBe('accepted');
      expect(refusal(record({ headers: header(name, String(greatest + 1)) }))).toBe(
        'decode/bad-write-timestamp',
      );
      expect(refusal(record({ headers: header(name, '-1') }))).toBe('decode/bad-write-timestamp');
    }
  });

  it('names the fault of a value, and a framed value as one without a registry', () => {
    expect(refusal(record({ value: Buffer.from('not json') }))).toBe('decode/bad-json');
    expect(refusal(record({ value: Buffer.from('{"amount":1}') }))).toBe('decode/id:missing');
    expect(refusal(record({ value: Buffer.from(`{"id":"${id}","amount":"x"}`) }))).toBe(
      'decode/amount:not-a-number',
    );
    expect(refusal(record({ value: Buffer.from([0, 0, 0, 0, 1, 2]) }))).toBe('decode/no-registry');
  });

  it('gives the transform where the record came from first, and leaves out what it returns null for', () => {
    const seen: unknown[] = [];
    const odd = recordDecoder<Item>(schema, {
      key: 'id',
      now: () => now,
      transform: (item, origin) => {
        seen.push(origin);
        return item.amount === 1 ? item : null;
      },
    });
    expect(odd.decode(record())).toMatchObject({ kind: 'upsert' });
    const headers = [...header('sluice.event-time', '1600000000000'), ...header('sluice.source-offset', '7')];
    expect(odd.decode(record({ headers, value: Buffer.from(`{"id":"${id}","amount":2}`) }))).toEqual({
      kind: 'filtered',
    });
    expect(seen).toEqual([
      { partition: 2, offset: 12_345n, timestamp: now },
      { partition: 2, offset: 7n, timestamp: 1_600_000_000_000 },
    ]);
  });

  it('refuses a record on which the transform fails, without repeating its message', () => {
    const failing = recordDecoder<Item>(schema, {
      key: 'id',
      now: () => now,
      transform: (item) => {
        throw new Error(`cannot handle ${item.id}`);
      },
    });
    expect(refusal(record(), failing)).toBe('transform/transform-failed');
    expect(() => failing.decode(record())).toThrow(/^the transform threw Error$/);
  });
});

it('refuses a key that is no field of the schema, before any record is read', () => {
  expect(() => recordDecoder(schema, { key: 'itemId' as never })).toThrow(
    expect.objectContaining({
      code: 'bad-option',
      message: expect.stringContaining('no field itemId; it has id, amount'),
    }),
  );
});
