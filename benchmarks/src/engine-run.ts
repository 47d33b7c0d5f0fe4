// The engine alone, as one process of a group: takes the partitions of a topic of users that it is given through fetch, decode, validate,
// enrich and plan to a sink that accepts at once. It waits for the word of its parent with what it has fetched at first.
import { once } from 'node:events';
import { KafkaClient } from '@sluice/kafka-client';
import { type MutationOutcome, recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { enrichUser, type UserRecord, userRecordSchema, type UserRow } from '@sluice/user-schema';
import type { EngineJob, FromEngine } from './engine-messages.ts';
import { peakRssMb } from './peak-rss.ts';
import { sharedClock } from './shared-clock.ts';

const { brokers, topic, groupId, warmUp } = JSON.parse(process.argv[2] ?? '{}') as EngineJob;
const say = (message: FromEngine) => process.send?.(message);
const go = once(process, 'message');

interface Moment {
  readonly records: number;
  readonly at: number;
  readonly cpu: number;
}
let first: Moment | undefined;
let last: Moment | undefined;
let settled = 0;
const written: MutationOutcome = { status: 'written' };

function moment(): Moment {
  const { user, system } = process.cpuUsage();
  return { records: settled, at: sharedClock(), cpu: (user + system) / 1e6 };
}

const pipeline = new StreamPipeline<UserRow>({
  source: { kafka: new KafkaClient({ brokers, clientId: 'benchmarks' }), topic, groupId },
  decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
    key: 'uuid',
    transform: enrichUser,
    // one look-up a process: nothing of the registry is measured here
    registry: { schemaById: () => Promise.resolve({ avsc: userRecordSchema.avsc, references: [] }) },
  }),
  sink: {
    prepare: (mutation) => mutation,
    async write(mutations) {
      if (!first) await go;
      settled += mutations.length;
      if (!first && settled >= warmUp) first = moment();
      else last = moment();
      return mutations.map(() => written);
    },
  },
  deadLetters: { topic: `${topic}.dlq` },
  metrics: createPipelineMetrics({ pipeline: 'engine' }),
  logger: createLogger({ name: 'engine', level: 'info', destination: { write: hear } }),
});
await pipeline.run(new AbortController().signal, { until: 'end' });
if (!first || !last) throw new Error(`${settled} records are too few for a warm-up of ${warmUp}`);
say({
  kind: 'done',
  records: last.records - first.records,
  startedAt: first.at,
  endedAt: last.at,
  cpuSeconds: last.cpu - first.cpu,
  peakRssMb: peakRssMb(),
});
process.disconnect();

function hear(line: string): void {
  const { msg, partitions } = JSON.parse(line) as { msg: string; partitions?: readonly number[] };
  if (msg === 'partitions assigned' && partitions) say({ kind: 'assigned', partitions });
}
