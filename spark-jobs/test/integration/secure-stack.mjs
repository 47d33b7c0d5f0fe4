// Kafka and Cassandra with TLS, passwords, rights and client certificates, migrated. Prints, as one JSON line, the environment of
// each principal, and stops when its standard input ends. Needs: node --conditions=@sluice/source.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CassandraSession } from '@sluice/cassandra-repository';
import { grantStatements, pipelinePrincipals, readCredentials, startStack } from '@sluice/local-stack';

const writer = fileURLToPath(new URL('../../../apps/stream-writer/src/main.ts', import.meta.url));
const ended = new Promise((resolve) => process.stdin.resume().once('close', resolve));
const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
const principals = pipelinePrincipals();
try {
  const stack = await startStack({
    services: ['kafka', 'cassandra'],
    dataDir,
    security: { principals, cassandraClientCertificates: true },
    onProgress: (message) => console.error(message),
  });
  try {
    await setUp(stack.endpoints);
    const names = ['admin', ...principals.map(({ name }) => name)];
    const environments = await Promise.all(
      names.map(async (name) => [name, await environmentOf(stack.endpoints, name)]),
    );
    console.log(JSON.stringify(Object.fromEntries(environments)));
    await ended;
  } finally {
    await stack.stop();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
  process.stdin.destroy();
}

async function setUp(endpoints) {
  const env = { ...process.env, ...(await environmentOf(endpoints, 'migrate')), SCHEMA_REGISTRY_URL: '' };
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=@sluice/source', writer, 'migrate'], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`migrate failed: ${stderr}`);
  const { cassandra, security } = endpoints;
  const { username, password, ca, certificate, key } = await readCredentials(security, security.admin);
  const session = await CassandraSession.connect({
    ...cassandra,
    username,
    password,
    tls: { ca, cert: certificate, key },
  });
  for (const cql of grantStatements(principals, { afterMigrate: true })) await session.query(cql);
  await session.close();
}

async function environmentOf({ kafka, cassandra, security }, principal) {
  const { username, password, ca, certificate, key } = await readCredentials(security, principal);
  return {
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
    KAFKA_SSL_CA: ca,
    CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
    CASSANDRA_PORT: String(cassandra.port),
    CASSANDRA_USERNAME: username,
    CASSANDRA_PASSWORD: password,
    CASSANDRA_TLS_CA: ca,
    CASSANDRA_TLS_CERT: certificate,
    CASSANDRA_TLS_KEY: key,
  };
}
