import { readFileSync } from 'node:fs';
import { CassandraSession } from '@sluice/cassandra-repository';

/** Look-ups under way at once. */
const concurrency = 64;

/** Which of the keys in a file, one a line, have a row in Cassandra now, and which do not. */
export async function confirmRows(
  keysFile: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly found: number; readonly missing: ReadonlySet<string> }> {
  const keys = [...new Set(readFileSync(keysFile, 'utf8').split('\n').filter(Boolean))];
  const session = await CassandraSession.connect({
    contactPoints: (env.CASSANDRA_CONTACT_POINTS ?? '127.0.0.1').split(','),
    port: Number(env.CASSANDRA_PORT ?? 9042),
    localDataCenter: env.CASSANDRA_LOCAL_DATACENTER ?? 'datacenter1',
  });
  try {
    const keyspace = env.CASSANDRA_KEYSPACE ?? 'worldwide_users';
    let found = 0;
    const missing = new Set<string>();
    const look = async () => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const { rows } = await session.query(`SELECT uuid FROM ${keyspace}.user_records WHERE uuid = ?`, [
          key,
        ]);
        if (rows.length > 0) found += 1;
        else missing.add(key);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, look));
    return { found, missing };
  } finally {
    await session.close();
  }
}
