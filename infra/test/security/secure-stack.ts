import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession, type CassandraOptions } from '@sluice/cassandra-repository';
import type { KafkaOptions } from '@sluice/kafka-client';
import {
  grantStatements,
  pipelinePrincipals,
  readCredentials,
  startStack,
  type Credentials,
} from '@sluice/local-stack';
import { randomUserServer, sourceUrl } from '../../src/random-user-server.ts';
import { appCommand } from '../../src/workspace.ts';

/** Kafka and Cassandra with security, a source, and the apps as their users. */
export type SecureStack = Awaited<ReturnType<typeof startSecureStack>>;

/** How a run of an app ended, and all that it said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly output: string;
}

/** No refusal may take longer: what is refused ends, and does not wait. */
const deadlineMs = 50_000;

export async function startSecureStack() {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-secure-'));
  const stack = await startStack({
    services: ['kafka', 'cassandra', randomUserServer],
    dataDir,
    security: { cassandraClientCertificates: true },
    ...(process.env.JAVA_HOME && { javaHome: process.env.JAVA_HOME }),
  });
  const { kafka, cassandra, security } = stack.endpoints;
  if (!kafka?.mutualTlsBrokers || !cassandra || !security) throw new Error('a part of the stack is missing');
  const sourcePort = stack.services.find(({ name }) => name === randomUserServer.name)?.port ?? 0;
  const said: string[] = [];
  const file = (name: string) => join(security.folder, name);

  return {
    kafka: { brokers: kafka.brokers, mutualTlsBrokers: kafka.mutualTlsBrokers },
    cassandra,
    security,
    /** A port of this machine that does not speak TLS. */
    plainPort: sourcePort,
    /** Everything that the apps have said so far. */
    said,
    credentials: (principal: string): Promise<Credentials> => readCredentials(security, principal),

    /** Settings of an app that connects as a principal. */
    settings: (principal: string): Record<string, string> => ({
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_USERNAME: principal,
      KAFKA_SASL_PASSWORD_FILE: file(`${principal}.password`),
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      CASSANDRA_PORT: String(cassandra.port),
      CASSANDRA_USERNAME: principal,
      CASSANDRA_PASSWORD_FILE: file(`${principal}.password`),
      CASSANDRA_TLS_CA_FILE: file('ca.pem'),
      CASSANDRA_TLS_CERT_FILE: file(`${principal}.pem`),
      CASSANDRA_TLS_KEY_FILE: file(`${principal}-key.pem`),
      SCHEMA_REGISTRY_URL: '',
      SOURCE_URL: sourceUrl(sourcePort),
      SOURCE_RATE_LIMIT: 'none',
    }),

    /** Options of a Cassandra client that connects as a principal. */
    async cassandraOptions(principal: string): Promise<CassandraOptions & { tls: object }> {
      const { username, password, ca, certificate, key } = await readCredentials(security, principal);
      return { ...cassandra, username, password, tls: { ca, cert: certificate, key } };
    },

    /** Options of a Kafka client that connects as a principal, by its password. */
    async kafkaOptions(principal: string): Promise<KafkaOptions> {
      const { username, password, ca } = await readCredentials(security, principal);
      const sasl = { mechanism: 'scram-sha-512', username, password } as const;
      return { brokers: kafka.brokers, clientId: 'security-tests', ssl: { ca }, sasl };
    },

    /** What the administrator does once migrate has made the table. */
    async grant(): Promise<void> {
      const session = await CassandraSession.connect(await this.cassandraOptions(security.admin));
      try {
        for (const cql of grantStatements(pipelinePrincipals(), { afterMigrate: true }))
          await session.query(cql);
      } finally {
        await session.close();
      }
    },

    /** Runs one command of an app to its end. */
    run(app: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
      const { file: program, args: first } = appCommand(app, ...args);
      return new Promise((resolve) => {
        execFile(
          program,
          [...first],
          { env: { PATH: process.env.PATH, METRICS_PORT: '0', ...env }, timeout: deadlineMs },
          (error, stdout, stderr) => {
            const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
            const output = stdout + stderr;
            said.push(output);
            resolve({ code, stdout, output });
          },
        );
      });
    },

    async stop(): Promise<void> {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
