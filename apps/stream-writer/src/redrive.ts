import type { CassandraSession } from '@sluice/cassandra-repository';
import type { NeededRight } from '@sluice/kafka-client';
import { type LetterFilter, Redrive, type RedriveSummary } from '@sluice/stream-pipeline';
import { createLogger } from '@sluice/telemetry';
import type { WriterConfig } from './config.ts';
import { formerAsText, listAsText, skippedAsText } from './redrive-text.ts';
import { cassandraSession, kafkaClient, untilCassandra, usersTable, type Waiting } from './servers.ts';
import { requireTopics } from './write.ts';

/** As the command line names them. */
export interface RedriveCommandOptions {
  readonly code?: readonly string[];
  readonly stage?: readonly string[];
  /** ms since the epoch */
  readonly since?: number;
  /** ms since the epoch */
  readonly until?: number;
  readonly key?: string;
  readonly maxRedrives: number;
  /** Records a second. */
  readonly rate?: number;
  /** Those of earlier topics of the same name in place of those of this one. */
  readonly formerTopics: boolean;
  readonly list: boolean;
  readonly dryRun: boolean;
  readonly restart: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Sends dead letters back to the topic that they came from, or lists them. Fails where a letter that was meant had to stay. */
export async function redrive(config: WriterConfig, options: RedriveCommandOptions): Promise<void> {
  const { signal, list, dryRun, restart, force, json, maxRedrives, rate, formerTopics } = options;
  const logger = createLogger({ name: 'redrive', level: config.LOG_LEVEL });
  const waiting = { logger, signal };
  const kafka = kafkaClient(config, logger);
  const onTopics: NeededRight[] = [
    { resource: 'topic', name: config.KAFKA_DLQ_TOPIC, operation: 'read' },
    { resource: 'topic', name: config.KAFKA_TOPIC, operation: list || dryRun ? 'describe' : 'write' },
  ];
  await requireTopics(config, kafka, waiting, onTopics);
  const work = new Redrive({
    kafka,
    topic: config.KAFKA_TOPIC,
    deadLetters: { topic: config.KAFKA_DLQ_TOPIC },
    groupId: config.KAFKA_GROUP_ID,
    filter: filterOf(options),
    formerTopics,
    maxRedrives,
    expiresAfterMs: force ? undefined : await deletesAreKeptMs(config, waiting),
    ...(rate === undefined ? {} : { rate }),
    logger,
  });
  if (list) {
    const found = await work.list(signal);
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : listAsText(found));
    return;
  }
  const onProgress: NeededRight[] = [{ resource: 'group', name: work.progressGroup, operation: 'read' }];
  await requireTopics(config, kafka, waiting, onProgress);
  const summary = await work.run(signal, { dryRun, restart });
  process.stdout.write(json ? `${JSON.stringify({ ...summary, dryRun })}\n` : summaryAsText(summary, dryRun));
  const problem = problemOf(summary, dryRun);
  if (problem) throw new LettersLeftError(problem);
}

function filterOf({ code, stage, since, until, key }: RedriveCommandOptions): LetterFilter {
  return {
    ...(code ? { codes: code } : {}),
    ...(stage ? { stages: stage } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(key === undefined ? {} : { key }),
  };
}

/** How long Cassandra keeps the mark of a delete: an older record could bring a deleted row back. */
async function deletesAreKeptMs(config: WriterConfig, waiting: Waiting): Promise<number> {
  const { keyspace, table } = usersTable(config);
  const session = await cassandraSession(config, waiting);
  try {
    const seconds = await untilCassandra(config, waiting, () => gcGraceSeconds(session, keyspace, table));
    if (seconds === undefined)
      throw new LettersLeftError(
        `there is no table ${keyspace}.${table} to say how old a letter may be. ` +
          'Run `npx nx run stream-writer:migrate` (or `main.js migrate`), or use --force',
      );
    return seconds * 1000;
  } finally {
    await session.close();
  }
}

async function gcGraceSeconds(
  session: CassandraSession,
  keyspace: string,
  table: string,
): Promise<number | undefined> {
  const { rows } = await session.query(
    'SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, table],
  );
  const [found] = rows;
  return found && Number(found.gc_grace_seconds);
}

function problemOf(
  { complete, expired, rejected, skipped }: RedriveSummary,
  dryRun: boolean,
): string | undefined {
  if (!complete) return 'stopped before every letter was looked at; run the same command again to go on';
  if (dryRun) return undefined;
  const problems: string[] = [];
  if (expired > 0)
    problems.push(
      `${expired} letter(s) are older than deletes are remembered (gc_grace_seconds) and were not sent, as they could bring deleted rows back; --force sends them`,
    );
  if (rejected > 0)
    problems.push(
      `${rejected} letter(s) are refused by the topic; once it takes them (mostly max.message.bytes), --restart tries them again`,
    );
  const originalExpired = skipped['original-expired'] ?? 0;
  if (originalExpired > 0)
    problems.push(
      `${originalExpired} dead letter(s) are shortened, and the source topic no longer has the whole record (original-expired): they cannot be redriven`,
    );
  return problems.length > 0 ? problems.join('. ') : undefined;
}

function summaryAsText(summary: RedriveSummary, dryRun: boolean): string {
  const { read, selected, sent, parked, expired, rejected, skipped, progressGroup } = summary;
  const outcome = dryRun ? `${selected - parked - expired} to be sent` : `${sent} sent`;
  return [
    `${read} letters looked at, ${selected} selected: ${outcome}, ${parked} parked, ${expired} too old, ${rejected} refused`,
    `skipped: ${skippedAsText(skipped)}`,
    ...formerAsText(skipped),
    `progress is kept as group ${progressGroup}`,
    '',
  ].join('\n');
}

class LettersLeftError extends Error {
  override readonly name = 'LettersLeftError';
  readonly code = 'letters-left';
}
