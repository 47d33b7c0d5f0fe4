import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CassandraError, CassandraSession, type CassandraOptions } from '@sluice/cassandra-repository';
import { grantStatements } from './principals.ts';
import type { StackSecurity } from './security.ts';
import type { ServiceContext } from './service.ts';
import { SECURITY_ADMIN, writeSecret, type StackSecrets } from './stack-secrets.ts';

/** The superuser of every new Cassandra, whose password everybody knows. */
const DEFAULT_SUPERUSER = 'cassandra';

/** Settings of cassandra.yaml: TLS with PEM files (CEP-9), passwords, and rights by role. */
export async function nodeSecurity(
  security: StackSecurity,
  { dataDir, stackDir }: ServiceContext,
): Promise<Readonly<Record<string, unknown>>> {
  const secrets = await security.secrets(stackDir);
  const [keystore, truststore] = [join(dataDir, 'node.pem'), join(dataDir, 'ca.pem')];
  await writeSecret(keystore, await secrets.serverCertificate('cassandra-node'));
  await writeSecret(truststore, secrets.ca);
  return {
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    role_manager: 'CassandraRoleManager',
    client_encryption_options: {
      enabled: true,
      optional: false,
      require_client_auth: security.cassandraClientCertificates,
      ssl_context_factory: { class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory' },
      keystore,
      truststore,
    },
  };
}

/** Where a node is, without who connects. */
type Node = Pick<CassandraOptions, 'contactPoints' | 'port' | 'localDataCenter'>;

/** A session of the administrator; in a new cluster it takes the place of the default superuser first. */
export async function administratorSession(
  security: StackSecurity,
  stackDir: string,
  node: Node,
): Promise<CassandraSession> {
  const secrets = await security.secrets(stackDir);
  const { username, password, ca, certificate: cert, key } = await secrets.credentials(SECURITY_ADMIN);
  const tls = { ca, cert, key };
  const connect = () => CassandraSession.connect({ ...node, tls, username, password });
  const session = await connect().catch((error: unknown) => {
    if (error instanceof CassandraError && error.code === 'authentication-failed') return undefined;
    throw error;
  });
  if (session) return session;
  const known = { username: DEFAULT_SUPERUSER, password: DEFAULT_SUPERUSER };
  const first = await CassandraSession.connect({ ...node, tls, ...known });
  try {
    await first.query(createRole(SECURITY_ADMIN, password, 'SUPERUSER = true AND '));
  } finally {
    await first.close();
  }
  return connect();
}

/** Takes the default superuser's rights away and makes the roles. May be repeated. */
export async function setUpRoles(
  security: StackSecurity,
  stackDir: string,
  session: CassandraSession,
): Promise<void> {
  const { passwords }: StackSecrets = await security.secrets(stackDir);
  const unknown = randomBytes(24).toString('base64url');
  await session.query(
    `ALTER ROLE ${DEFAULT_SUPERUSER} WITH SUPERUSER = false AND LOGIN = false AND PASSWORD = '${unknown}'`,
  );
  for (const { name } of security.principals)
    await session.query(createRole(name, passwords.get(name) ?? '', ''));
  for (const cql of grantStatements(security.principals, { afterMigrate: false })) await session.query(cql);
}

function createRole(name: string, password: string, options: string): string {
  return `CREATE ROLE IF NOT EXISTS "${name}" WITH ${options}LOGIN = true AND PASSWORD = '${password}'`;
}
