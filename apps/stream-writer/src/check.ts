import { checkTable } from '@sluice/cassandra-repository';
import { createLogger } from '@sluice/telemetry';
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

interface MissingPart {
  readonly kind: 'topic' | 'table' | 'subject';
  /** What is missing or not as it has to be, in a sentence. */
  readonly message: string;
  /** What to do. */
  readonly mend: string;
}

const runMigrate = 'run `npx nx run stream-writer:migrate` (or `main.js migrate`), or mend the configuration';

/** Looks whether everything is there that a writer needs, and changes nothing. Fails where something is missing, naming all of it. */
export async function check(
  config: WriterConfig,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<void> {
  const logger = createLogger({ name: 'migrate', level: config.LOG_LEVEL });
  const waiting = { logger, signal };
  const problems = [
    ...(await missingTopics(config, waiting)),
    ...(await tableProblems(config, waiting)),
    ...(await missingSubject(config, waiting)),
  ];
  if (json) process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems })}\n`);
  if (problems.length > 0) throw new NotReady(problems);
  logger.info({ topic: config.KAFKA_TOPIC, keyspace: config.CASSANDRA_KEYSPACE }, 'everything is there');
}

async function missingTopics(config: WriterConfig, waiting: Waiting): Promise<MissingPart[]> {
  const kafka = kafkaClient(config, waiting.logger);
  const topics = await withAdmin(kafka, config, waiting, (admin) => admin.topics());
  return [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC]
    .filter((topic) => !topics.includes(topic))
    .map((topic) => ({ kind: 'topic', message: `there is no topic ${topic}`, mend: runMigrate }));
}

async function tableProblems(config: WriterConfig, waiting: Waiting): Promise<MissingPart[]> {
  const session = await cassandraSession(config, waiting);
  try {
    const { problems } = await untilCassandra(config, waiting, () => checkTable(session, usersTable(config)));
    return problems.map(({ message }) => ({ kind: 'table', message, mend: runMigrate }));
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
    const mend =
      'publish once, `npx nx run producer:run -- --count 1`: the producer registers its schema; or set SCHEMA_REGISTRY_URL to nothing where there is none';
    return [{ kind: 'subject', message, mend }];
  } finally {
    await registry.close();
  }
}

class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly code = 'not-migrated';

  constructor(problems: readonly MissingPart[]) {
    super(problems.map(({ message, mend }) => `${message}: ${mend}`).join('\n'));
  }
}
