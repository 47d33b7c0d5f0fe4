import { Redrive } from '@sluice/stream-pipeline';
import type { RedriveRequest } from './contract/dead-letters.ts';
import type { Task } from './contract/tasks.ts';
import { offsetOf } from './positions.ts';
import { conflict } from './problem.ts';
import { usersTable } from './servers.ts';
import type { Services } from './services.ts';

/** What only one redrive at a time may work on: two would send the same letters. */
export function letterLock(topic: string): string {
  return `letters of ${topic}`;
}

/** Starts a redrive of the pipeline's letters as a task. @throws ConsoleError 409 while another runs */
export function startRedrive(services: Services, request: RedriveRequest, by: string): Task {
  const { config, servers, tasks, logger } = services;
  const { dryRun, restart = false, force = false, formerTopics = false, maxRedrives, rate } = request;
  return tasks.start({
    kind: 'redrive',
    title: titleOf(request),
    dryRun,
    by,
    lock: letterLock(config.KAFKA_DLQ_TOPIC),
    work: async (report, signal) => {
      report({ progress: { phase: 'looking', done: 0, total: 0 } });
      const redrive = new Redrive({
        kafka: servers.kafka,
        topic: config.KAFKA_TOPIC,
        deadLetters: { topic: config.KAFKA_DLQ_TOPIC },
        groupId: config.KAFKA_GROUP_ID,
        filter: filterOf(request),
        formerTopics,
        expiresAfterMs: force ? undefined : await deletesAreKeptMs(services),
        ...(maxRedrives === undefined ? {} : { maxRedrives }),
        ...(rate === undefined ? {} : { rate }),
        logger,
        onProgress: ({ read, letters }) => {
          report({ progress: { phase: dryRun ? 'counting' : 'sending', done: read, total: letters } });
        },
      });
      const {
        progressGroup: _,
        complete: __,
        skipped,
        ...summary
      } = await redrive.run(signal, { dryRun, restart });
      return {
        progress: { phase: 'ended', done: summary.read, total: summary.read },
        redrive: { ...summary, skipped: { ...skipped } },
      };
    },
  });
}

function filterOf({ codes, stages, since, until, key, letters }: RedriveRequest) {
  return {
    ...(codes && { codes }),
    ...(stages && { stages }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(key !== undefined && { key }),
    ...(letters && {
      letters: letters.map(({ partition, offset }) => ({ partition, offset: offsetOf(offset) })),
    }),
  };
}

/** Without the key: it may be personal. */
function titleOf({ codes, stages, since, until, key, letters, formerTopics }: RedriveRequest): string {
  const conditions = [
    letters && `${letters.length} chosen letter${letters.length === 1 ? '' : 's'}`,
    codes && `code ${codes.join(', ')}`,
    stages && `stage ${stages.join(', ')}`,
    since !== undefined && `since ${new Date(since).toISOString()}`,
    until !== undefined && `until ${new Date(until).toISOString()}`,
    key !== undefined && 'of one key',
    formerTopics && 'of earlier topics',
  ].filter((condition) => typeof condition === 'string');
  return conditions.length > 0 ? conditions.join('; ') : 'all letters';
}

/** How long Cassandra keeps the mark of a delete: an older record could bring a deleted row back. */
async function deletesAreKeptMs({ config, servers }: Services): Promise<number> {
  const { keyspace, table } = usersTable(config);
  const { rows } = await servers.cassandra.use((session) =>
    session.query(
      'SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
      [keyspace, table],
    ),
  );
  const [found] = rows;
  if (found) return Number(found.gc_grace_seconds) * 1000;
  throw conflict(
    'not-migrated',
    `there is no table ${keyspace}.${table} to say how old a letter may be`,
    'Run `npx nx run stream-writer:migrate`, or choose to send old letters as well.',
  );
}
