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
import {
  deadLetterTopicConfig,
  deadLetterTopicWarnings,
  type Replicas,
  retentionOf,
  sourceTopicConfig,
  sourceTopicWarnings,
  weekMs,
} from './topic-settings.ts';

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
  const { KAFKA_TOPIC: source, KAFKA_DLQ_TOPIC: deadLetters } = config;
  const replicationFactor = await replicationFor(admin, config);
  const created = await admin.createTopic({
    topic: source,
    partitions: config.TOPIC_PARTITIONS,
    replicationFactor,
    config: sourceTopicConfig(replicationFactor),
  });
  const deadLettersCreated = await admin.createTopic({
    topic: deadLetters,
    partitions: (await admin.partitions(source)).length,
    replicationFactor,
    config: deadLetterTopicConfig(replicationFactor, await admin.topicConfig(source)),
  });
  const reports = await describeTopics(admin, config);
  for (const { topic, warnings } of reports) for (const warning of warnings) logger.warn({ topic }, warning);
  return reports.map((report) => ({
    ...report,
    created: report.topic === source ? created : deadLettersCreated,
  }));
}

/** The topic and its dead-letter topic, which exist, with what their settings promise less than those created here. */
export async function describeTopics(
  admin: Pick<KafkaAdmin, 'topicConfig' | 'partitions' | 'brokerCount'>,
  config: WriterConfig,
): Promise<(Omit<TopicReport, 'created'> & { retentionMs: number })[]> {
  const possible = await replicationFor(admin, config);
  const source = await admin.topicConfig(config.KAFKA_TOPIC);
  const describe = async (
    topic: string,
    settings: Readonly<Record<string, string>>,
    warningsFor: (replicas: Replicas) => readonly string[],
  ) => {
    const partitions = await admin.partitions(topic);
    const found = Math.min(...partitions.map(({ replicas }) => replicas.length));
    const retention = retentionOf(settings);
    return {
      topic,
      partitions: partitions.length,
      warnings: warningsFor({ found, possible }),
      retentionMs: retention < 0 ? weekMs : retention,
    };
  };
  const deadLetters = await admin.topicConfig(config.KAFKA_DLQ_TOPIC);
  return [
    await describe(config.KAFKA_TOPIC, source, (replicas) => sourceTopicWarnings(source, replicas)),
    await describe(config.KAFKA_DLQ_TOPIC, deadLetters, (replicas) =>
      deadLetterTopicWarnings(deadLetters, source, replicas),
    ),
  ];
}

async function replicationFor(
  admin: Pick<KafkaAdmin, 'brokerCount'>,
  { TOPIC_REPLICATION }: WriterConfig,
): Promise<number> {
  return TOPIC_REPLICATION ?? Math.min(3, await admin.brokerCount());
}
