import { checkTable } from '@sluice/cassandra-repository';
import { createLogger } from '@sluice/telemetry';
import { checkTopics, type MissingPart, runMigrate } from './check-topics.ts';
import type { WriterConfig } from './config.ts';
import { subjectOf } from './migrate-subject.ts';
import {
  cassandraSession,
  kafkaClient,
  schemaRegistry,
  untilCassandra,
  untilRegistry,
  usersTable,
  type Waiting,
  withAdmin,
} from './servers.ts';

/** Looks whether everything is there that a writer needs, and changes nothing. Fails where something is missing, naming all of it. */
export async function check(
  config: WriterConfig,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<void> {
  const logger = createLogger({ name: 'migrate', level: config.LOG_LEVEL });
  const waiting = { logger, signal };
  const kafka = kafkaClient(config, logger);
  const topics = await withAdmin(kafka, config, waiting, (admin) => checkTopics(admin, config));
  const problems = [
    ...topics.missing,
    ...(await tableProblems(config, waiting)),
    ...(await missingSubject(config, waiting)),
  ];
  const { warnings } = topics;
  for (const { topic, message } of warnings) logger.warn({ topic }, message);
  if (json) process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems, warnings })}\n`);
  if (problems.length > 0) throw new NotReady(problems);
  logger.info({ topic: config.KAFKA_TOPIC, keyspace: config.CASSANDRA_KEYSPACE }, 'everything is there');
}

async function tableProblems(config: WriterConfig, waiting: Waiting): Promise<MissingPart[]> {
  const session = await cassandraSession(config, waiting);
  try {
    const { problems } = await untilCassandra(config, waiting, () => checkTable(session, usersTable(config)));
    return problems.map(({ message }) => ({ kind: 'table', message, fix: runMigrate }));
  } finally {
    await session.close();
  }
}

async function missingSubject(config: WriterConfig, waiting: Waiting): Promise<MissingPart[]> {
  const registry = schemaRegistry(config);
  if (!registry) return [];
  const subject = subjectOf(config.KAFKA_TOPIC);
  try {
    const subjects = await untilRegistry(config, waiting, () => registry.subjects());
    if (subjects.includes(subject)) return [];
    const message = `the schema registry has no subject ${subject}`;
    const fix =
      'publish once, `npx nx run producer:run -- --count 1`: the producer registers its schema; or set SCHEMA_REGISTRY_URL to nothing where there is none';
    return [{ kind: 'subject', message, fix }];
  } finally {
    await registry.close();
  }
}

class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly code = 'not-migrated';

  constructor(problems: readonly MissingPart[]) {
    super(problems.map(({ message, fix }) => `${message}: ${fix}`).join('\n'));
  }
}
