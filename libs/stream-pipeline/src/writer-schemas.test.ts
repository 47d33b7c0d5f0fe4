import { avroEncoder, parseSchema, type RecordSchema } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import { RecordHeld } from './errors.ts';
import { type SchemaSource, WriterSchemas } from './writer-schemas.ts';

interface Item {
  id: string;
  amount: number | null;
}

const id = { name: 'id', type: { type: 'string', logicalType: 'uuid' } };
const amount = { name: 'amount', type: ['null', 'int'], default: null };
const newer = { name: 'colour', type: ['null', 'string'], default: null };
const item = (...fields: object[]): RecordSchema => parseSchema({ type: 'record', name: 'Item', fields });
const reader = item(id, amount);

class NotFound extends Error {
  readonly code = 'schema-not-found';
}
class Unreachable extends Error {
  readonly code = 'unreachable';
}

/** A registry whose answers are given by hand, and a clock. */
function setUp({ schema = reader, holdNewer = false } = {}) {
  const asked: number[] = [];
  const pending: { resolve: (schema: RecordSchema) => void; reject: (error: Error) => void }[] = [];
  const clock = { now: 0 };
  const unknown: string[] = [];
  const registry: SchemaSource = {
    schemaById: (id) => {
      asked.push(id);
      return new Promise((resolve, reject) => {
        pending.push({
          resolve: ({ avsc }) => {
            resolve({ avsc, references: [] });
          },
          reject,
        });
      });
    },
  };
  const writers = new WriterSchemas<Item>(schema, {
    registry,
    unknownSchemaWaitMs: 5_000,
    holdNewer,
    onUnknownFields: (names) => unknown.push(...names),
    now: () => clock.now,
  });
  /** What decoderOf throws: `held/<code>` or the code of a data error; `read` where it gives a decoder. */
  const state = (id: number): string => {
    try {
      writers.decoderOf(id);
      return 'read';
    } catch (error) {
      const { code } = error as RecordHeld;
      return error instanceof RecordHeld ? `held/${code}` : code;
    }
  };
  const answer = async (result: RecordSchema | Error) => {
    const next = pending.shift();
    if (result instanceof Error) next?.reject(result);
    else next?.resolve(result);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { writers, asked, clock, unknown, state, answer };
}

describe('WriterSchemas', () => {
  it('asks once for a schema and holds its messages until the answer is there', async () => {
    const { writers, asked, state, answer } = setUp();
    expect([state(7), state(7)]).toEqual(['held/schema-lookup', 'held/schema-lookup']);
    await answer(reader);
    const bytes = avroEncoder<Item>(reader).encode({ id: '0f8fad5b-d9cb-469f-a165-70867728950e', amount: 4 });
    expect(writers.decoderOf(7).decode(bytes)).toMatchObject({ amount: 4 });
    expect(asked).toEqual([7]);
  });

  it('holds messages while the registry is away, and asks again, not at once', async () => {
    const { asked, clock, state, answer } = setUp();
    state(7);
    await answer(new Unreachable());
    expect(state(7)).toBe('held/registry-unreachable');
    expect(asked).toHaveLength(1);
    clock.now += 500;
    expect(state(7)).toBe('held/schema-lookup');
    await answer(reader);
    expect(state(7)).toBe('read');
  });

  it('never refuses a message because the registry is away, however long', async () => {
    const { clock, state, answer } = setUp();
    for (let hour = 0; hour < 3; hour++) {
      state(7);
      await answer(new Unreachable());
      expect(state(7)).toBe('held/registry-unreachable');
      clock.now += 3_600_000;
    }
  });

  it('refuses an id that the registry does not know, after the wait and not before', async () => {
    const { asked, clock, state, answer } = setUp();
    state(7);
    await answer(new NotFound());
    expect(state(7)).toBe('held/unknown-schema');
    clock.now += 4_999;
    expect(state(7)).toBe('held/schema-lookup');
    await answer(new NotFound());
    expect(state(7)).toBe('held/unknown-schema');
    clock.now += 500;
    state(7);
    await answer(new NotFound());
    expect(state(7)).toBe('unknown-schema');
    expect(asked).toHaveLength(3);
    clock.now += 60_000;
    expect(state(7)).toBe('held/schema-lookup');
  });

  it('counts the wait anew after the registry was away', async () => {
    const { clock, state, answer } = setUp();
    state(7);
    await answer(new NotFound());
    clock.now += 4_000;
    state(7);
    await answer(new Unreachable());
    clock.now += 4_000;
    state(7);
    await answer(new NotFound());
    expect(state(7)).toBe('held/unknown-schema');
  });

  it.each([
    ['of another record', parseSchema({ type: 'record', name: 'Order', fields: [id] })],
    ['without a required field', item(amount)],
    ['with another type', item(id, { name: 'amount', type: 'string' })],
  ])('refuses a schema %s', async (_, schema) => {
    const { state, answer } = setUp();
    state(7);
    await answer(schema);
    expect(state(7)).toBe('incompatible-schema');
  });

  it.each(['not-avro', 'reference-cycle'])('refuses a schema that the registry gives as %s', async (code) => {
    const { clock, state, answer } = setUp();
    state(7);
    await answer(Object.assign(new Error('no schema to read with'), { code }));
    expect(state(7)).toBe('incompatible-schema');
    clock.now += 3_600_000;
    expect(state(7)).toBe('incompatible-schema');
  });

  it.each([
    [new NotFound('GET http://registry/schemas/ids/7 was answered 404'), 'schema-not-found'],
    [Object.assign(new Error('http://registry/schemas/ids/7 is Protobuf'), { code: 'not-avro' }), 'not-avro'],
    [
      item(id, { name: 'amount', type: 'string' }),
      'field amount: it was written as string and cannot be read as null or int',
    ],
    [item(amount), 'field id: the writer does not have it, and it has no default'],
    [
      parseSchema({ type: 'record', name: 'Order', fields: [amount] }),
      'it was written as Order and cannot be read as Item',
    ],
  ])('says which schema cannot be read, and which field and why: %s', async (result, why) => {
    const { writers, clock, state, answer } = setUp();
    state(7);
    await answer(result);
    clock.now += 5_000;
    if (result instanceof NotFound) {
      state(7);
      await answer(result);
    }
    expect(() => writers.decoderOf(7)).toThrow(new RegExp(`: [^()]* \\(schema 7: ${why}\\)$`));
  });

  it('keeps no more than 10,000 ids, which come from the data: the oldest is asked for again', async () => {
    const { asked, state, answer } = setUp();
    for (let id = 0; id <= 10_000; id++) state(id);
    for (let id = 0; id <= 10_000; id++) void answer(new NotFound());
    await answer(new NotFound());
    const before = asked.length;
    state(10_000);
    expect(asked).toHaveLength(before);
    state(0);
    expect(asked).toHaveLength(before + 1);
  });

  it('tells of the fields of a newer schema', async () => {
    const { writers, unknown, state, answer } = setUp();
    state(7);
    await answer(item(id, amount, newer));
    expect(writers.decoderOf(7).unknownFields).toEqual(['colour']);
    expect(unknown).toEqual(['colour']);
  });

  it('holds a schema of the same record that it cannot read where it is told to, and refuses that of another', async () => {
    const { state, answer } = setUp({ holdNewer: true });
    state(7);
    await answer(item(id, { name: 'amount', type: ['null', 'long'], default: null }));
    expect(state(7)).toBe('held/incompatible-schema');
    state(8);
    await answer(parseSchema({ type: 'record', name: 'Order', fields: [id] }));
    expect(state(8)).toBe('incompatible-schema');
  });
});
