import { cassandraSecurity, kafkaSecurity, registryOptions } from '@sluice/app-runtime';
import { CassandraSession, tableFromSchema } from '@sluice/cassandra-repository';
import { type ClusterInspector, KafkaClient, KafkaError } from '@sluice/kafka-client';
import { SchemaRegistry } from '@sluice/schema-registry';
import type { Logger } from '@sluice/telemetry';
import { userRowSchema } from '@sluice/user-schema';
import type { ConsoleConfig } from './config.ts';
import { Link } from './link.ts';

/** Connections to everything that the console looks at. None is made before it is needed. */
export interface Servers {
  readonly kafka: KafkaClient;
  readonly cluster: Link<ClusterInspector>;
  readonly cassandra: Link<CassandraSession>;
  readonly registry: SchemaRegistry | undefined;
  close(): Promise<void>;
}

const lost = new Set(['unreachable', 'timed-out', 'closed']);
/** A person waits for the answer. */
const patienceMs = 8_000;

export function connectTo(config: ConsoleConfig, logger: Logger): Servers {
  const kafka = new KafkaClient({
    brokers: config.KAFKA_BROKERS,
    clientId: 'console',
    connectionTimeoutMs: 2_000,
    requestTimeoutMs: 5_000,
    logger: quiet(logger),
    ...kafkaSecurity(config),
  });
  const cluster = new Link({
    server: 'kafka',
    open: () => kafka.inspector(),
    close: (inspector) => inspector.close(),
    isLost: (error) => error instanceof KafkaError && lost.has(error.code),
    timeoutMs: patienceMs,
  });
  const cassandra = new Link({
    server: 'cassandra',
    open: () =>
      CassandraSession.connect({
        contactPoints: config.CASSANDRA_CONTACT_POINTS,
        port: config.CASSANDRA_PORT,
        localDataCenter: config.CASSANDRA_LOCAL_DATACENTER,
        applicationName: 'console',
        requestTimeoutMs: 5_000,
        connectTimeoutMs: 3_000,
        ...cassandraSecurity(config),
      }),
    close: (session) => session.close(),
    // the driver finds its nodes again by itself
    isLost: () => false,
    timeoutMs: patienceMs,
  });
  const options = registryOptions(config);
  const registry = options && new SchemaRegistry({ ...options, timeoutMs: 3_000 });
  return {
    kafka,
    cluster,
    cassandra,
    registry,
    close: async () => {
      await Promise.all([cluster.close(), cassandra.close(), registry?.close()]);
    },
  };
}

/** The table of users. */
export function usersTable(config: ConsoleConfig) {
  return tableFromSchema(userRowSchema, {
    keyspace: config.CASSANDRA_KEYSPACE,
    table: 'user_records',
    partitionKey: ['uuid'],
  });
}

/** That brokers are away is shown on the page, again and again; a log need not be filled with it. */
function quiet(logger: Logger): Logger {
  return {
    ...logger,
    warn: (fields, message) => {
      logger.debug(fields, message);
    },
    child: (fields) => quiet(logger.child(fields)),
  };
}
