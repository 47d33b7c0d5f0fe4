import { checkTable, TableWriter } from '@sluice/cassandra-repository';
import { StreamPipeline, recordDecoder } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics, type Logger, startHealthServer } from '@sluice/telemetry';
import { enrichUser, userRecordSchema, type UserRecord, type UserRow } from '@sluice/user-schema';
import type { WriterConfig } from './config.ts';
import { cassandraSession, kafkaClient, usersTable, withAdmin } from './servers.ts';

export interface WriteOptions {
  readonly until: 'stopped' | 'end';
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Writes the topic into the table until stopped, or until everything that is in the topic now is settled. */
export async function write(config: WriterConfig, { until, json, signal }: WriteOptions): Promise<void> {
  const logger = createLogger({ name: 'stream-writer', level: config.LOG_LEVEL });
  const metrics = createPipelineMetrics({ pipeline: config.KAFKA_GROUP_ID });
  const kafka = kafkaClient(config, logger);
  const waiting = { logger, signal };
  let health: () => { ready: boolean; reasons: readonly string[] } = () => ({
    ready: false,
    reasons: ['starting'],
  });
  const server = await startHealthServer({
    port: config.METRICS_PORT,
    metrics: metrics.registry,
    live: () => true,
    ready: () => health(),
    logger,
  });
  logger.info({ port: server.port }, 'metrics and health are served');

  await requireTopics(config, kafka, waiting);
  const session = await cassandraSession(config, waiting);
  try {
    const table = usersTable(config);
    const check = await checkTable(session, table);
    if (!check.ok)
      throw new CommandNeeded(
        `${table.keyspace}.${table.table}: ${check.problems.map(({ message }) => message).join('; ')}`,
      );

    const pipeline = new StreamPipeline<UserRow>({
      source: {
        kafka,
        topic: config.KAFKA_TOPIC,
        groupId: config.KAFKA_GROUP_ID,
        outOfRange: config.OFFSET_OUT_OF_RANGE,
      },
      decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
        key: 'uuid',
        transform: enrichUser,
        maxClockSkewMs: config.MAX_CLOCK_SKEW,
        onUnknownField: (name) => {
          logger.warn({ name }, 'messages have a field that the schema does not have; it is ignored');
        },
      }),
      sink: await TableWriter.open<UserRow>(session, table, { logger }),
      deadLetters: { topic: config.KAFKA_DLQ_TOPIC },
      metrics,
      logger,
      shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT,
    });
    health = () => pipeline.health;
    const started = performance.now();
    const summary = await pipeline.run(signal, { until });
    const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
    logger.info({ ...summary, seconds }, 'stopped');
    if (json) process.stdout.write(`${JSON.stringify({ ...summary, seconds })}\n`);
    if (until === 'end' && signal.aborted) throw new StoppedEarly();
  } finally {
    await session.close();
    await server.close();
  }
}

/** serve and drain create nothing: a topic that is missing is more likely a wrong name. */
async function requireTopics(
  config: WriterConfig,
  kafka: ReturnType<typeof kafkaClient>,
  waiting: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  const topics = await withAdmin(kafka, config, waiting, (admin) => admin.topics());
  const missing = [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC].filter((topic) => !topics.includes(topic));
  if (missing.length > 0) throw new CommandNeeded(`topic ${missing.join(' and ')} missing`);
}

class StoppedEarly extends Error {
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
      `${problem}. Run \`npx nx run stream-writer:migrate\` (or \`main.js migrate\`), or mend the configuration.`,
    );
  }
}
