import { readFileSync } from 'node:fs';
import { CassandraSession } from '@sluice/cassandra-repository';

/** Look-ups under way at once. */
const concurrency = 64;

/** How many of the keys in a file, one a line, have a row in Cassandra now. */
export async function confirmRows(keysFile: string, env: NodeJS.ProcessEnv): Promise<number> {
  const keys = [...new Set(readFileSync(keysFile, 'utf8').split('\n').filter(Boolean))];
  const session = await CassandraSession.connect({
    contactPoints: (env.CASSANDRA_CONTACT_POINTS ?? '127.0.0.1').split(','),
    port: Number(env.CASSANDRA_PORT ?? 9042),
    localDataCenter: env.CASSANDRA_LOCAL_DATACENTER ?? 'datacenter1',
  });
  try {
    const keyspace = env.CASSANDRA_KEYSPACE ?? 'worldwide_users';
    let found = 0;
    const look = async () => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const { rows } = await session.query(`SELECT uuid FROM ${keyspace}.user_records WHERE uuid = ?`, [
          key,
        ]);
        found += rows.length;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, look));
    return found;
  } finally {
    await session.close();
  }
}
