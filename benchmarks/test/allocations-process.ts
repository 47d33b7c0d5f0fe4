// Counts the bytes that codec and engine allocate for a record, and those of a bare loop over the same messages. Prints one JSON object.
// Bytes do not depend on the clock, nor on what else the machine does. Needs --expose-gc, and a young generation that takes a whole
// round, so that nothing is collected in the middle of one.
import type { ConsumerHandler, KafkaClient } from '@sluice/kafka-client';
import { avroDecoder, avroEncoder, jsonDecoder, jsonEncoder } from '@sluice/record-schema';
import { frameHeader } from '@sluice/schema-registry';
import { recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { enrichUser, type UserRecord, userRecordSchema, type UserRow } from '@sluice/user-schema';
import avsc, { type Schema } from 'avsc';
import { median } from '../src/measurement.ts';
import { userOf } from '../src/users.ts';

const records = 1_000;
const warmUpRounds = 20;
const rounds = 9;

const users = Array.from({ length: records }, (_, number) => userOf(number));
const encode = {
  json: jsonEncoder<UserRecord>(userRecordSchema),
  avro: avroEncoder<UserRecord>(userRecordSchema),
  framed: avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(1) }),
};
const messages = {
  json: users.map((user) => encode.json.encode(user)),
  avro: users.map((user) => encode.avro.encode(user)),
  framed: users.map((user) => encode.framed.encode(user)),
};
const readJson = jsonDecoder<UserRecord>(userRecordSchema);
const readAvro = avroDecoder<UserRecord>(userRecordSchema, { avsc: userRecordSchema.avsc });
const bareAvro = avsc.Type.forSchema(userRecordSchema.avsc as Schema);

/** What is made lives until the end of a round, as it does in a chunk of the engine; else the compiler could leave it out. */
const kept = new Array<unknown>(records);
const each =
  <T>(items: readonly T[], work: (item: T) => unknown) =>
  (): Promise<void> => {
    for (const [index, item] of items.entries()) kept[index] = work(item);
    return Promise.resolve();
  };

const variants: Readonly<Record<string, () => Promise<void>>> = {
  'bare JSON.parse': each(messages.json, (value) => JSON.parse(String(value))),
  'read JSON': each(messages.json, (value) => readJson.decode(value)),
  'bare JSON.stringify': each(users, (user) => Buffer.from(JSON.stringify(user))),
  'write JSON': each(users, (user) => encode.json.encode(user)),
  'bare avsc': each(messages.avro, (value) => bareAvro.fromBuffer(value) as unknown),
  'read Avro': each(messages.avro, (value) => readAvro.decode(value)),
  'engine, JSON': await engine(messages.json),
  'engine, Avro': await engine(messages.framed),
};

const bytes: Record<string, number> = {};
for (const [name, work] of Object.entries(variants)) {
  for (let round = 0; round < warmUpRounds; round += 1) await work();
  const measured: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    globalThis.gc?.();
    const before = inUse();
    await work();
    measured.push(inUse() - before);
  }
  // buffers may be collected in the middle of a round, so that some are too few
  bytes[name] = Math.round(median(measured) / records);
}
console.log(JSON.stringify(bytes));
process.exit(0);

/** Of the heap, and of buffers beside it. */
function inUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The engine with a sink that accepts at once; what it is given, a broker would have delivered. Takes all messages each time. */
async function engine(values: readonly Buffer[]): Promise<() => Promise<void>> {
  let taken: (handler: ConsumerHandler) => void = () => undefined;
  const handler = new Promise<ConsumerHandler>((resolve) => {
    taken = resolve;
  });
  const done = () => Promise.resolve();
  const consumer = { quiesce: () => undefined, stop: done, commit: () => Promise.resolve('committed') };
  const kafka = {
    admin: () => Promise.resolve({ close: done, partitions: () => Promise.resolve([]) }),
    consumer: (_: object, given: ConsumerHandler) => {
      taken(given);
      return Promise.resolve(consumer);
    },
  } as unknown as KafkaClient;
  let settled = 0;
  let onSettled: () => void = () => undefined;
  const pipeline = new StreamPipeline<UserRow>({
    source: { kafka, topic: 'users', groupId: 'allocations' },
    decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
      key: 'uuid',
      transform: enrichUser,
      registry: { schemaById: () => Promise.resolve({ avsc: userRecordSchema.avsc, references: [] }) },
    }),
    sink: {
      prepare: (mutation) => mutation,
      write(mutations) {
        settled += mutations.length;
        if (settled % records === 0) setImmediate(onSettled);
        return Promise.resolve(mutations.map(() => ({ status: 'written' as const })));
      },
    },
    deadLetters: { topic: 'users.dlq' },
    metrics: createPipelineMetrics({ pipeline: 'allocations' }),
    logger: createLogger({ name: 'allocations', level: 'error' }),
    maxInFlightBytes: 64 * 1024 * 1024,
  });
  void pipeline.run(new AbortController().signal);
  const { assigned, batch } = await handler;
  assigned({ epoch: 1, positions: new Map([[0, 0]]) });
  const over = new AbortController().signal;
  let offset = 0;
  return async () => {
    const fetched = values.map((value, index) => ({
      topic: 'users',
      partition: 0,
      offset: offset + index,
      timestamp: 1_700_000_000_000,
      key: Buffer.from(users[index]?.uuid ?? ''),
      value,
      headers: [],
    }));
    offset += records;
    const written = new Promise<void>((settle) => {
      onSettled = settle;
    });
    await batch(
      {
        topic: 'users',
        partition: 0,
        records: fetched,
        nextOffset: offset,
        lastStableOffset: offset,
        highWatermark: offset,
      },
      1,
      over,
    );
    await written;
  };
}
