import { exitLate, StoppedWaitingError } from '@sluice/app-runtime';
import { checkTable, requireWritable } from '@sluice/cassandra-repository';
import type { KafkaClient, NeededRight } from '@sluice/kafka-client';
import { cassandraSink, type PipelineSummary, StreamPipeline } from '@sluice/stream-pipeline';
import {
  createLogger,
  createPipelineMetrics,
  type Logger,
  type PipelineMetrics,
  startHealthServer,
} from '@sluice/telemetry';
import type { UserRow } from '@sluice/user-schema';
import type { WriterConfig } from './config.ts';
import { programInfo } from './program-info.ts';
import { Readiness } from './readiness.ts';
import {
  cassandraSession,
  kafkaClient,
  schemaRegistry,
  untilCassandra,
  usersTable,
  type Waiting,
  withAdmin,
} from './servers.ts';
import { userDecoder } from './user-decoder.ts';

export interface WriteOptions {
  readonly until: 'stopped' | 'end';
  /** Whether a drain waits for what open transactions hold back. */
  readonly waitForTransactions: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** What a stop may take beside finishing what is in flight: leaving the group, closing connections. */
export const closingMs = 2_000;

export const nothing: PipelineSummary = {
  written: 0,
  deduplicated: 0,
  filtered: 0,
  deadLettered: 0,
  abandoned: 0,
};

/** Writes the topic into the table until stopped, or until everything that is in the topic now is settled. */
export async function write(
  config: WriterConfig,
  { until, waitForTransactions, json, signal }: WriteOptions,
): Promise<void> {
  exitLate(signal, { ms: config.SHUTDOWN_TIMEOUT + closingMs, exit: (code) => process.exit(code) });
  const logger = createLogger({ name: 'stream-writer', level: config.LOG_LEVEL });
  const metrics = createPipelineMetrics({ pipeline: config.KAFKA_GROUP_ID });
  const readiness = new Readiness(metrics);
  const server = await startHealthServer({
    host: config.METRICS_HOST,
    allowedHosts: config.ALLOWED_HOSTS,
    port: config.METRICS_PORT,
    metrics: metrics.registry,
    live: () => true,
    ready: () => readiness.current,
    info: programInfo(config),
    logger,
  });
  logger.info({ port: server.port }, 'metrics and health are served');
  sayStopping(config, logger, signal);
  try {
    const started = performance.now();
    const run = { until, waitForTransactions, metrics, readiness, logger, signal };
    const summary = await writeTopic(config, run);
    const seconds = secondsSince(started);
    logger.info({ ...summary, seconds }, 'stopped');
    warnOfHeld(summary, logger);
    if (json) process.stdout.write(`${JSON.stringify({ ...summary, seconds })}\n`);
    if (until === 'end' && signal.aborted) throw new StoppedEarly();
  } finally {
    await server.close();
  }
}

export function sayStopping(config: WriterConfig, logger: Logger, signal: AbortSignal): void {
  const say = () => {
    logger.info({ withinMs: config.SHUTDOWN_TIMEOUT }, 'stopping: finishing what is in flight');
  };
  signal.addEventListener('abort', say, { once: true });
}

/** A drain that leaves something in the topic says so, though it has done all that could be done. */
export function warnOfHeld({ held = 0 }: PipelineSummary, logger: Logger): void {
  if (held === 0) return;
  logger.warn(
    { held },
    'open transactions hold back records of the topic: they were not written. The next run writes them once their transactions have ended; ' +
      'drain --wait-transactions waits for that',
  );
}

export function secondsSince(started: number): number {
  return Number(((performance.now() - started) / 1000).toFixed(3));
}

interface Run extends Pick<WriteOptions, 'until' | 'waitForTransactions' | 'signal'> {
  readonly metrics: PipelineMetrics;
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/** What `write` does, without what a process has around it. */
export async function writeTopic(
  config: WriterConfig,
  { until, waitForTransactions, metrics, readiness, logger, signal }: Run,
): Promise<PipelineSummary> {
  const onFailure = (reason: string) => {
    readiness.waitFor(reason);
  };
  const run = { until, waitForTransactions, metrics, readiness, waiting: { logger, signal, onFailure } };
  return settle(config, run).catch((error: unknown) => {
    // to be stopped is how serve ends, also while it waits for a server
    if (error instanceof StoppedWaitingError && until === 'stopped') return nothing;
    throw error;
  });
}

interface Settling extends Pick<Run, 'until' | 'waitForTransactions' | 'metrics' | 'readiness'> {
  readonly waiting: Waiting;
}

async function settle(
  config: WriterConfig,
  { until, waitForTransactions, metrics, readiness, waiting }: Settling,
): Promise<PipelineSummary> {
  const { logger, signal } = waiting;
  const kafka = kafkaClient(config, logger);
  await requireTopics(config, kafka, waiting, [
    { resource: 'topic', name: config.KAFKA_TOPIC, operation: 'read' },
    { resource: 'group', name: config.KAFKA_GROUP_ID, operation: 'read' },
    { resource: 'topic', name: config.KAFKA_DLQ_TOPIC, operation: 'write' },
  ]);
  // Asked only for the schemas of messages that come in Avro: a start does not wait for it.
  const registry = schemaRegistry(config, {
    onRetry: ({ code }) => {
      metrics.retriesTotal.inc({ target: 'registry', code });
    },
  });
  const session = await cassandraSession(config, waiting);
  try {
    const table = usersTable(config);
    const check = await untilCassandra(config, waiting, () => checkTable(session, table));
    if (!check.ok)
      throw new CommandNeeded(
        `${table.keyspace}.${table.table}: ${check.problems.map(({ message }) => message).join('; ')}`,
      );

    await untilCassandra(config, waiting, () => requireWritable(session, table));

    const pipeline = new StreamPipeline<UserRow>({
      source: {
        kafka,
        topic: config.KAFKA_TOPIC,
        groupId: config.KAFKA_GROUP_ID,
        outOfRange: config.OFFSET_OUT_OF_RANGE,
      },
      decode: userDecoder({
        maxClockSkewMs: config.MAX_CLOCK_SKEW,
        registry,
        unknownFields: config.UNKNOWN_FIELDS,
        onUnknownField: (name) => {
          const outcome = { ignore: 'it is ignored', pause: 'they wait for a writer that has it' };
          logger.warn(
            { field: name },
            `messages have a field that the schema does not have; ${outcome[config.UNKNOWN_FIELDS]}`,
          );
        },
      }),
      sink: await untilCassandra(config, waiting, () => cassandraSink<UserRow>(session, { table, logger })),
      deadLetters: { topic: config.KAFKA_DLQ_TOPIC },
      metrics,
      logger,
      maxDeadLetterRatio: config.MAX_DEAD_LETTER_RATIO,
      ...(config.MAX_RECORDS_PER_SECOND ? { maxRecordsPerSecond: config.MAX_RECORDS_PER_SECOND } : {}),
      shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT,
      clockAheadMs: () => session.clockAheadMs(),
    });
    readiness.follow(() => pipeline.health);
    return await pipeline.run(signal, { until, waitForTransactions });
  } finally {
    await session.close();
    await registry?.close();
  }
}

/**
 * Looks for the topics, and whether this client may do what it has come for. serve and drain create nothing: a topic that is missing
 * is more likely a wrong name.
 */
export async function requireTopics(
  config: WriterConfig,
  kafka: KafkaClient,
  waiting: Waiting,
  rights: readonly NeededRight[],
): Promise<void> {
  const topics = await withAdmin(kafka, config, waiting, async (admin) => {
    await admin.requireRights(rights);
    return admin.topics();
  });
  const missing = [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC].filter((topic) => !topics.includes(topic));
  if (missing.length > 0) throw new CommandNeeded(`missing in Kafka: topic ${missing.join(' and ')}`);
}

/** A drain that did not come to its end. */
export class StoppedEarly extends Error {
  readonly code = 'stopped-early';

  constructor() {
    super('stopped before the end of the topic was reached; run drain again to go on');
  }
}

/** Something that only a command mends; names it. */
class CommandNeeded extends Error {
  override readonly name = 'CommandNeeded';
  readonly code = 'not-migrated';

  constructor(problem: string) {
    super(
      `${problem}. Run \`npx nx run stream-writer:migrate\` (or \`main.js migrate\`), or fix the configuration.`,
    );
  }
}
