import type { NeededRight } from '@sluice/kafka-client';
import { audit, type AuditReport } from '@sluice/stream-pipeline';
import { createLogger, printable } from '@sluice/telemetry';
import type { UserRow } from '@sluice/user-schema';
import { InvalidArgumentError } from 'commander';
import type { WriterConfig } from './config.ts';
import { cassandraSession, kafkaClient, schemaRegistry, usersTable } from './servers.ts';
import { userDecoder } from './user-decoder.ts';
import { requireTopics } from './write.ts';

export interface AuditCommandOptions {
  /** ms since the epoch */
  readonly since?: number;
  readonly sample?: { readonly share: number } | { readonly keys: number };
  /** Bytes. */
  readonly memory?: number;
  /** Damages that are listed. */
  readonly limit?: number;
  readonly repair: boolean;
  readonly waitTransactions: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

const progressMs = 5_000;
const units: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `256MiB`, in bytes. */
export function memorySize(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})\s*(KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(number) * (units[unit] ?? 0);
  if (bytes === 0) throw new InvalidArgumentError('It needs a size such as 256MiB or 1GiB.');
  return bytes;
}

/** `0.01` or `1%` is a share of the keys, `5000` a number of them. */
export function sampleSize(text: string): { share: number } | { keys: number } {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  const isNumber = /^\d{1,12}$/.test(text) && Number(text) > 0;
  if (isNumber) return { keys: Number(text) };
  const share = percent === undefined ? Number(text) : Number(percent) / 100;
  if (/^[\d.]+%?$/.test(text) && share > 0 && share <= 1) return { share };
  throw new InvalidArgumentError(
    'It needs a share of the keys such as 0.01 or 1%, or a number of keys such as 5000.',
  );
}

/** Compares the table with the topic and, where asked to, repairs it. Fails where there is damage that was not mended. */
export async function auditTable(config: WriterConfig, options: AuditCommandOptions): Promise<void> {
  const { signal, json } = options;
  const logger = createLogger({ name: 'audit', level: config.LOG_LEVEL });
  const kafka = kafkaClient(config, logger);
  const waiting = { logger, signal };
  await requireTopics(config, kafka, waiting, [
    { resource: 'topic', name: config.KAFKA_TOPIC, operation: 'read' },
    { resource: 'topic', name: config.KAFKA_DLQ_TOPIC, operation: 'read' },
    { resource: 'group', name: config.KAFKA_GROUP_ID, operation: 'describe' },
    ...(options.repair ? [writeTo(config.KAFKA_DLQ_TOPIC)] : []),
  ]);
  const registry = schemaRegistry(config);
  const session = await cassandraSession(config, waiting);
  try {
    const report = await audit<UserRow>({
      kafka,
      topic: config.KAFKA_TOPIC,
      groupId: config.KAFKA_GROUP_ID,
      deadLetterTopic: config.KAFKA_DLQ_TOPIC,
      session,
      table: usersTable(config),
      decode: userDecoder({ maxClockSkewMs: config.MAX_CLOCK_SKEW, registry }),
      ...(options.since !== undefined && { since: options.since }),
      ...(options.sample && { sample: options.sample }),
      ...(options.memory !== undefined && { memoryBytes: options.memory }),
      ...(options.limit !== undefined && { maxFindings: options.limit }),
      repair: options.repair,
      waitForTransactions: options.waitTransactions,
      onProgress: throttled((progress) => {
        const rssMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
        logger.info({ ...progress, rssMb }, 'auditing');
      }),
      onHeld: throttled(({ code, message }) => {
        logger.warn({ code }, `records wait: ${message}`);
      }),
      signal,
    });
    if (report.held > 0)
      logger.warn(
        { held: report.held },
        'open transactions hold back records of the topic: nothing is said of them. audit --wait-transactions waits for them',
      );
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : asText(report));
    if (!report.ok) throw new NotProven(report);
  } catch (error) {
    throw signal.aborted ? new AuditStopped() : error;
  } finally {
    await session.close();
    await registry?.close();
  }
}

/** A record that was lost and cannot be processed becomes a dead letter. */
function writeTo(name: string): NeededRight {
  return { resource: 'topic', name, operation: 'write' };
}

/** Passes on one call every few seconds: nothing of what is over sooner. */
function throttled<T>(say: (news: T) => void): (news: T) => void {
  let saidAt = performance.now();
  return (news) => {
    if (performance.now() - saidAt < progressMs) return;
    saidAt = performance.now();
    say(news);
  };
}

function asText(report: AuditReport): string {
  const { records, keys, rows, passes, seconds, refused, letters, damages, unverifiable } = report;
  const lines = [
    `${report.table} by ${report.topic}: ${records} records of ${keys} keys, ${rows} rows, in ${seconds} s and ${passes} ${passes === 1 ? 'pass' : 'passes'}`,
    `records that cannot be processed: ${refused}; dead letters: ${letters}`,
    counted('damages', damages),
    counted('unverifiable', unverifiable),
  ];
  if (report.ahead > 0) lines.push(`rows written later than their record, with its values: ${report.ahead}`);
  if (report.notJudged > 0)
    lines.push(`rows without a settled record, or without one since then, not judged: ${report.notJudged}`);
  if (report.unsettled > 0)
    lines.push(`records that the group has not committed, not judged: ${report.unsettled}`);
  if (report.held > 0) lines.push(`offsets that open transactions hold back, not judged: ${report.held}`);
  for (const { kind, key, partition, offset, columns, code } of report.findings)
    lines.push(
      [
        `  ${kind}`,
        key ?? '-',
        partition === null ? 'no record' : `${report.topic}[${partition}]@${String(offset)}`,
        columns?.join(', ') ?? code ?? '',
      ]
        .map((part) => printable(part))
        .join('  ')
        .trimEnd(),
    );
  if (report.findingsLeftOut > 0) lines.push(`  and ${report.findingsLeftOut} more`);
  const { repair } = report;
  if (repair) {
    const { mended, later, atNow, notMended } = repair;
    lines.push(
      `mended: ${mended} rows (${later} with a later write timestamp than their record, ${atNow} of them with the present time); dead letters sent: ${repair.letters}`,
      counted('not mended', notMended),
    );
  }
  return `${lines.join('\n')}\n`;
}

function counted(what: string, counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return `${what}: ${some.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'}`;
}

class NotProven extends Error {
  readonly code = 'not-proven';

  constructor({ damages, unsettled, repair, table, topic }: AuditReport) {
    const found = Object.entries(damages).filter(([, count]) => count > 0);
    const what = [
      ...found.map(([kind, count]) => `${kind} ${count}`),
      ...(unsettled > 0 ? [`unsettled ${unsettled}`] : []),
    ].join(', ');
    const advice =
      found.length === 0
        ? 'Let the writer come up to the end of the topic, and audit again.'
        : repair
          ? 'What is still wrong was not mended; the report says why.'
          : 'Stop producers and writers after a drain, and run audit --repair.';
    super(`${table} is not what ${topic} makes it: ${what}. ${advice}`);
  }
}

class AuditStopped extends Error {
  readonly code = 'stopped-early';

  constructor() {
    super('stopped before the audit was through: it says nothing about the table');
  }
}
