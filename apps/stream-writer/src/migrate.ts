import { migrate } from '@sluice/cassandra-repository';
import type { KafkaAdmin } from '@sluice/kafka-client';
import { createLogger, type Logger } from '@sluice/telemetry';
import type { WriterConfig } from './config.ts';
import { migrateSubject, subjectOf, type SubjectReport } from './migrate-subject.ts';
import {
  cassandraSession,
  kafkaClient,
  schemaRegistry,
  untilRegistry,
  usersTable,
  type Waiting,
  withAdmin,
} from './servers.ts';

/** What a dead letter may weigh beside the record it carries. */
const deadLetterRoomBytes = 1024 * 1024;
const weekMs = 7 * 86_400_000;

interface TopicReport {
  readonly topic: string;
  readonly created: boolean;
  readonly partitions: number;
  readonly warnings: readonly string[];
}

/**
 * Creates topics, keyspace, table and columns that are missing, sets the subject's compatibility level, and says what differs in
 * what was there.
 */
export async function migrateAll(
  config: WriterConfig,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<void> {
  const logger = createLogger({ name: 'migrate', level: config.LOG_LEVEL });
  const waiting = { logger, signal };
  const topics = await withAdmin(kafkaClient(config, logger), config, waiting, (admin) =>
    migrateTopics(admin, config, logger),
  );

  const session = await cassandraSession(config, waiting);
  try {
    const retentionMs = Math.max(...topics.map(({ retentionMs }) => retentionMs));
    const tables = await migrate(session, [usersTable(config)], {
      retentionMs,
      logger,
      ...(config.CASSANDRA_REPLICATION ? { replication: config.CASSANDRA_REPLICATION } : {}),
    });
    const subject = await migrateRegistry(config, waiting);
    if (json) {
      process.stdout.write(`${JSON.stringify({ topics, cassandra: tables, subject })}\n`);
      return;
    }
    for (const { topic, created, partitions } of topics)
      logger.info({ topic, partitions }, created ? 'topic created' : 'topic is there');
    if (subject)
      logger.info(
        { subject: subject.subject, compatibility: subject.compatibility },
        subject.changed ? 'compatibility level set' : 'compatibility level is there',
      );
  } finally {
    await session.close();
  }
}

/** Undefined where there is no registry. */
async function migrateRegistry(config: WriterConfig, waiting: Waiting): Promise<SubjectReport | undefined> {
  const registry = schemaRegistry(config);
  if (!registry) return undefined;
  try {
    return await untilRegistry(config, waiting, () =>
      migrateSubject(registry, subjectOf(config.KAFKA_TOPIC), waiting.logger),
    );
  } finally {
    await registry.close();
  }
}

async function migrateTopics(
  admin: KafkaAdmin,
  config: WriterConfig,
  logger: Logger,
): Promise<(TopicReport & { retentionMs: number })[]> {
  const brokers = await admin.brokerCount();
  const replicationFactor = config.TOPIC_REPLICATION ?? Math.min(3, brokers);
  const safe = {
    'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    'unclean.leader.election.enable': 'false',
    'message.timestamp.type': 'CreateTime',
  };
  const source = config.KAFKA_TOPIC;
  const created = await admin.createTopic({
    topic: source,
    partitions: config.TOPIC_PARTITIONS,
    replicationFactor,
    config: { ...safe, 'retention.ms': String(weekMs) },
  });
  const sourceConfig = await admin.topicConfig(source);
  const sourcePartitions = (await admin.partitions(source)).length;
  const largest = Number(sourceConfig['max.message.bytes'] ?? 1_048_588) + deadLetterRoomBytes;
  const dlqCreated = await admin.createTopic({
    topic: config.KAFKA_DLQ_TOPIC,
    partitions: sourcePartitions,
    replicationFactor,
    config: { ...safe, 'retention.ms': String(weekMs), 'max.message.bytes': String(largest) },
  });
  const reports = [
    await describe(admin, source, created, { replicationFactor, safe }),
    await describe(admin, config.KAFKA_DLQ_TOPIC, dlqCreated, { replicationFactor, safe, largest }),
  ];
  for (const { topic, warnings } of reports) for (const warning of warnings) logger.warn({ topic }, warning);
  return reports;
}

/** What a topic made here has. `largest` is the size of the largest message that has to fit, bytes. */
interface Wanted {
  readonly replicationFactor: number;
  readonly safe: Readonly<Record<string, string>>;
  readonly largest?: number;
}

/** Says where a topic that was there already promises less than one made here. */
async function describe(
  admin: KafkaAdmin,
  topic: string,
  created: boolean,
  { replicationFactor, safe, largest = 0 }: Wanted,
): Promise<TopicReport & { retentionMs: number }> {
  const partitions = await admin.partitions(topic);
  const config = await admin.topicConfig(topic);
  const warnings = Object.entries(safe)
    .filter(
      ([name, wanted]) =>
        config[name] !== wanted && !(name === 'min.insync.replicas' && Number(config[name]) > Number(wanted)),
    )
    .map(([name, wanted]) => `${name} is ${config[name] ?? 'unknown'}; ${wanted} loses nothing`);
  const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
  if (replicas < replicationFactor)
    warnings.push(`replication is ${replicas}; ${replicationFactor} brokers could hold it`);
  if (Number(config['max.message.bytes']) < largest)
    warnings.push(
      `max.message.bytes is ${config['max.message.bytes'] ?? 'unknown'}; a large dead letter needs ${largest}`,
    );
  const retention = Number(config['retention.ms'] ?? weekMs);
  if (retention < 0)
    warnings.push(
      'retention.ms is -1: records stay for ever but Cassandra forgets deletes after gc_grace_seconds, so reading old records again can bring deleted rows back',
    );
  return {
    topic,
    created,
    partitions: partitions.length,
    warnings,
    retentionMs: retention < 0 ? weekMs : retention,
  };
}
