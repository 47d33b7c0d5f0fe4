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
  /** For redrives and audits, which read whatever the writers read. */
  readonly kafka: KafkaClient;
  /** For what people look at: what takes much memory is not read, and shown as too large. */
  readonly viewing: Pick<KafkaClient, 'read'>;
  readonly cluster: Link<ClusterInspector>;
  readonly cassandra: Link<CassandraSession>;
  readonly registry: SchemaRegistry | undefined;
  close(): Promise<void>;
}

const lost = new Set(['unreachable', 'timed-out', 'closed']);
/** Decompressed bytes of a record that is shown, or of a batch that can be read only as a whole: the least that the client allows. */
const viewedBytes = 16 * 1024 * 1024;
/** A person waits for the answer. */
const patienceMs = 8_000;

export function connectTo(config: ConsoleConfig, logger: Logger): Servers {
  const options = {
    brokers: config.KAFKA_BROKERS,
    clientId: 'console',
    connectionTimeoutMs: 2_000,
    requestTimeoutMs: 5_000,
    logger: quiet(logger),
    ...kafkaSecurity(config),
  };
  const kafka = new KafkaClient(options);
  const viewing = new KafkaClient({ ...options, maxDecompressedBatchBytes: viewedBytes });
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
  const ofRegistry = registryOptions(config);
  const registry = ofRegistry && new SchemaRegistry({ ...ofRegistry, timeoutMs: 3_000 });
  return {
    kafka,
    viewing,
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
