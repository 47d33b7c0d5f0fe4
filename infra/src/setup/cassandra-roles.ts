import { randomBytes } from 'node:crypto';
import { type CassandraSecurity, untilReachable } from '@sluice/app-runtime';
import { CassandraSession } from '@sluice/cassandra-repository';
import type { Logger } from '@sluice/telemetry';

/** Where Cassandra is, and its administrator. */
export interface CassandraServer {
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly localDataCenter: string;
  readonly tls?: CassandraSecurity['tls'];
  readonly username: string;
  readonly password: string;
}

interface Waiting {
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The superuser of every new cluster, whose password everybody knows. */
const DEFAULT_SUPERUSER = 'cassandra';

/** A session of the administrator; in a new cluster he takes the place of the default superuser first. */
export async function adminSession(server: CassandraServer, waiting: Waiting): Promise<CassandraSession> {
  try {
    return await connect(server, waiting);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  await replaceSuperuser(server, waiting);
  return connect(server, waiting);
}

async function replaceSuperuser(server: CassandraServer, waiting: Waiting): Promise<void> {
  const known = { username: DEFAULT_SUPERUSER, password: DEFAULT_SUPERUSER };
  const first = await connect({ ...server, ...known }, waiting);
  try {
    await first.query(
      `CREATE ROLE IF NOT EXISTS "${server.username}" WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '${server.password}'`,
    );
  } finally {
    await first.close();
  }
  // A superuser cannot take these from himself.
  const admin = await connect(server, waiting);
  try {
    await admin.query(
      `ALTER ROLE ${DEFAULT_SUPERUSER} WITH SUPERUSER = false AND LOGIN = false AND PASSWORD = '${randomBytes(32).toString('base64url')}'`,
    );
    waiting.logger.info({}, "Cassandra's default superuser can do nothing any more");
  } finally {
    await admin.close();
  }
}

/** Creates the roles of those who have rights, and sets their passwords. */
export async function createRoles(
  session: CassandraSession,
  passwords: ReadonlyMap<string, string>,
): Promise<void> {
  const { rows } = await session.query('SELECT role FROM system_auth.roles');
  const there = new Set(rows.map(({ role }) => role));
  for (const [role, password] of passwords) {
    // A password that was just set cannot be set again within the next seconds.
    const statement = there.has(role) ? 'ALTER ROLE' : 'CREATE ROLE';
    await session.query(`${statement} "${role}" WITH LOGIN = true AND PASSWORD = '${password}'`);
  }
}

/** Role to password, from lines of both with a space between them. */
export function readPasswords(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        const [role = '', password = ''] = line.split(' ');
        return [role, password];
      }),
  );
}

function connect(server: CassandraServer, { logger, signal }: Waiting): Promise<CassandraSession> {
  return untilReachable(() => CassandraSession.connect({ ...server, applicationName: 'setup', logger }), {
    what: `Cassandra at ${server.contactPoints.join(', ')}`,
    hint: 'Look at its log.',
    logger,
    signal,
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'authentication-failed';
}
