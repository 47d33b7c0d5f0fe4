import { pageLimit } from '../contract/common.ts';
import type { Handlers } from '../handlers.ts';
import { badRequest } from '../problem.ts';
import { usersTable } from '../servers.ts';
import type { Services } from '../services.ts';
import { shownPage, shownUser, UserRows } from '../user-rows.ts';

export function userRoutes({
  servers,
  config,
}: Services): Handlers<'POST /api/users/lookup' | 'POST /api/users/page'> {
  const table = usersTable(config);
  const topic = config.KAFKA_TOPIC;

  /** Whether the record is still in the topic; a Kafka that is away is no reason to hide the row. */
  const isAvailable = async (partition: number, offset: string): Promise<boolean> => {
    const look = servers.cluster.use(async (inspector) => {
      const topics = await inspector.topics([topic]);
      const [begins, ends] = await Promise.all([inspector.begins(topics), inspector.ends(topics)]);
      const begin = begins.get(topic)?.get(partition) ?? Infinity;
      return Number(offset) >= begin && Number(offset) < (ends.get(topic)?.get(partition) ?? 0);
    }, 2_000);
    return look.catch(() => false);
  };

  return {
    'POST /api/users/lookup': ({ body: { uuid, reveal = false } }, { record }) => {
      const find = async () => {
        const row = await servers.cassandra.use((session) =>
          new UserRows(session, table).find(uuid.toLowerCase()),
        );
        if (!row) return { user: null };
        const user = shownUser(row, table, { reveal, topic });
        const { source } = user;
        if (!source) return { user };
        return {
          user: {
            ...user,
            source: { ...source, available: await isAvailable(source.partition, source.offset) },
          },
        };
      };
      // whose row it was is personal; who looked, and when, is what the log is for
      return reveal ? record('user-reveal', { rows: 1 }, find) : find();
    },
    'POST /api/users/page': ({ body: { limit = pageLimit, cursor, reveal = false } }, { record }) => {
      const after = cursor === undefined ? undefined : ringPlaceOf(cursor);
      const read = async () =>
        shownPage(
          await servers.cassandra.use((session) => new UserRows(session, table).page(limit, after)),
          table,
          { reveal, topic },
        );
      return reveal ? record('users-reveal', { rows: limit }, read) : read();
    },
  };
}

/** Where in Cassandra's ring the page before ended. */
function ringPlaceOf(text: string): bigint {
  if (/^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return BigInt(text);
  throw badRequest('the cursor is none of this console', 'Begin with the first page.');
}
