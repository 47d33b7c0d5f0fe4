// The engine alone: takes a topic of users through fetch, decode, validate, enrich and plan to a sink that accepts at once. Prints
// one JSON object. Arguments: topic, number of records.
import { KafkaClient } from '@sluice/kafka-client';
import { type Mutation, type MutationOutcome, recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { enrichUser, type UserRecord, userRecordSchema, type UserRow } from '@sluice/user-schema';

const [topic = '', count = ''] = process.argv.slice(2);
const records = Number(count);
const kafka = new KafkaClient({
  brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
  clientId: 'benchmarks',
});
const stop = new AbortController();
const written: MutationOutcome = { status: 'written' };
let settled = 0;
let started: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;
let seconds = 0;
let cpuSeconds = 0;

const pipeline = new StreamPipeline<UserRow>({
  source: { kafka, topic, groupId: `engine-${process.pid}` },
  decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
    key: 'uuid',
    transform: enrichUser,
    // one look-up a process: nothing of the registry is measured here
    registry: { schemaById: () => Promise.resolve({ avsc: userRecordSchema.avsc, references: [] }) },
  }),
  sink: {
    write(mutations: readonly Mutation<UserRow>[]) {
      started ??= { at: performance.now(), cpu: process.cpuUsage() };
      settled += mutations.length;
      if (settled >= records) {
        seconds = (performance.now() - started.at) / 1000;
        const { user, system } = process.cpuUsage(started.cpu);
        cpuSeconds = (user + system) / 1e6;
        stop.abort();
      }
      return Promise.resolve(mutations.map(() => written));
    },
  },
  deadLetters: { topic: `${topic}.dlq` },
  metrics: createPipelineMetrics({ pipeline: 'engine' }),
  logger: createLogger({ name: 'engine', level: 'error' }),
});
await pipeline.run(stop.signal);
if (settled < records) throw new Error(`only ${settled} of ${records} records arrived`);
console.log(JSON.stringify({ seconds, cpuSeconds, peakRssMb: process.resourceUsage().maxRSS / 1024 }));
