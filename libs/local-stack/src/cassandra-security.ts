import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import { connectCassandra, isLoginRefused, type NodeAddress } from './cassandra-client.ts';
import { grantStatements } from './principals.ts';
import type { StackSecurity } from './security.ts';
import type { ServiceContext } from './service.ts';
import { SECURITY_ADMIN, writeSecret, type StackSecrets } from './stack-secrets.ts';

/** The superuser of every new Cassandra, whose password everybody knows. */
export const defaultSuperuser = { username: 'cassandra', password: 'cassandra' };

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

/** A session of the administrator; in a new cluster it takes the place of the default superuser first. */
export async function administratorSession(
  security: StackSecurity,
  stackDir: string,
  node: NodeAddress,
): Promise<Client> {
  const secrets = await security.secrets(stackDir);
  const { username, password, ca, certificate: cert, key } = await secrets.credentials(SECURITY_ADMIN);
  const tls = { ca, cert, key };
  const connect = () => connectCassandra(node, { username, password, tls });
  const session = await connect().catch((error: unknown) => {
    if (isLoginRefused(error)) return undefined;
    throw error;
  });
  if (session) return session;
  const first = await connectCassandra(node, { ...defaultSuperuser, tls });
  try {
    await first.execute(createRole(SECURITY_ADMIN, password, 'SUPERUSER = true AND '));
  } finally {
    await first.shutdown();
  }
  return connect();
}

/** Takes the default superuser's rights away and makes the roles. May be repeated. */
export async function setUpRoles(security: StackSecurity, stackDir: string, session: Client): Promise<void> {
  const { passwords }: StackSecrets = await security.secrets(stackDir);
  const unknown = randomBytes(24).toString('base64url');
  await session.execute(
    `ALTER ROLE ${defaultSuperuser.username} WITH SUPERUSER = false AND LOGIN = false AND PASSWORD = '${unknown}'`,
  );
  for (const { name } of security.principals)
    await session.execute(createRole(name, passwords.get(name) ?? '', ''));
  for (const cql of grantStatements(security.principals, { afterMigrate: false })) await session.execute(cql);
}

function createRole(name: string, password: string, options: string): string {
  return `CREATE ROLE IF NOT EXISTS "${name}" WITH ${options}LOGIN = true AND PASSWORD = '${password}'`;
}
