import { audit, type AuditReport, recordDecoder } from '@sluice/stream-pipeline';
import { enrichUser, userRecordSchema, type UserRecord, type UserRow } from '@sluice/user-schema';
import type { AuditRequest } from './contract/audits.ts';
import type { Task } from './contract/tasks.ts';
import { usersTable } from './servers.ts';
import type { Services } from './services.ts';

/** The console runs beside other things: an audit reads the topic several times where this is not enough. */
const memoryBytes = 64 * 2 ** 20;

/** Starts an audit as a task. @throws ConsoleError 409 while another runs */
export function startAudit({ config, servers, tasks }: Services, request: AuditRequest, by: string): Task {
  const { since, sample } = request;
  return tasks.start({
    kind: 'audit',
    title: titleOf(request),
    dryRun: false,
    by,
    lock: 'audit',
    work: async (report, signal) => {
      // the session is shared, and used for as long as the audit takes
      const session = await servers.cassandra.use((connected) => Promise.resolve(connected));
      const found = await audit<UserRow>({
        kafka: servers.kafka,
        topic: config.KAFKA_TOPIC,
        groupId: config.KAFKA_GROUP_ID,
        deadLetterTopic: config.KAFKA_DLQ_TOPIC,
        session,
        table: usersTable(config),
        decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
          maxClockSkewMs: config.MAX_CLOCK_SKEW,
          registry: servers.registry,
          key: 'uuid',
          transform: enrichUser,
        }),
        memoryBytes,
        ...(since !== undefined && { since }),
        ...(sample !== undefined && sample < 1 && { sample: { share: sample } }),
        onProgress: ({ phase, records, recordsInAll }) => {
          report({ progress: { phase, done: records, total: recordsInAll } });
        },
        signal,
      });
      return {
        progress: { phase: 'ended', done: found.records, total: found.records },
        audit: reportOf(found),
      };
    },
  });
}

function titleOf({ since, sample }: AuditRequest): string {
  const share =
    sample === undefined || sample === 1
      ? 'all keys'
      : `${Number((sample * 100).toPrecision(4))}% of the keys`;
  return since === undefined ? share : `${share}, by records since ${new Date(since).toISOString()}`;
}

function reportOf(report: AuditReport): NonNullable<Task['audit']> {
  const { ok, records, keys, rows, letters, refused, seconds, unsettled, held, notJudged, findingsLeftOut } =
    report;
  return {
    ...{ ok, records, keys, rows, letters, refused, seconds, unsettled, held, notJudged, findingsLeftOut },
    damages: { ...report.damages },
    unverifiable: { ...report.unverifiable },
    findings: report.findings.map(({ kind, key, partition, offset, columns, code }) => ({
      kind,
      key,
      partition,
      offset: offset === null ? null : String(offset),
      columns: [...(columns ?? [])],
      code: code ?? null,
    })),
  };
}
