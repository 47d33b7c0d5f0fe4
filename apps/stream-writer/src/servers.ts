import {
  cassandraSecurity,
  kafkaSecurity,
  type Reach,
  registryOptions,
  untilReachable,
} from '@sluice/app-runtime';
import { CassandraSession, tableFromSchema } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { type RegistryError, SchemaRegistry } from '@sluice/schema-registry';
import type { Logger } from '@sluice/telemetry';
import { userRowSchema } from '@sluice/user-schema';
import type { WriterConfig } from './config.ts';

/** How a command waits for servers: until `signal` aborts, telling of each failed attempt. */
export interface Waiting {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Told which server fails, and why, as `kafka:unreachable`. */
  readonly onFailure?: (reason: string) => void;
}

const startThem = 'Start it with `npx nx run infra:up`, or set';

export function kafkaClient(config: WriterConfig, logger: Logger): KafkaClient {
  return new KafkaClient({
    brokers: config.KAFKA_BROKERS,
    maxDecompressedBatchBytes: config.MAX_DECOMPRESSED_BATCH_BYTES,
    clientId: 'stream-writer',
    logger,
    ...kafkaSecurity(config),
  });
}

/** Makes one look-up against Kafka, again from its start where a broker goes away in the middle. */
export function withAdmin<T>(
  kafka: KafkaClient,
  config: WriterConfig,
  waiting: Waiting,
  look: (admin: Awaited<ReturnType<KafkaClient['admin']>>) => Promise<T>,
): Promise<T> {
  const attempt = async () => {
    const admin = await kafka.admin();
    try {
      return await look(admin);
    } finally {
      await admin.close();
    }
  };
  return untilReachable(attempt, {
    ...reach('kafka', waiting),
    what: `Kafka at ${config.KAFKA_BROKERS.join(', ')}`,
    hint: `${startThem} KAFKA_BROKERS.`,
  });
}

export function cassandraSession(config: WriterConfig, waiting: Waiting): Promise<CassandraSession> {
  return untilCassandra(config, waiting, () =>
    CassandraSession.connect({
      contactPoints: config.CASSANDRA_CONTACT_POINTS,
      port: config.CASSANDRA_PORT,
      localDataCenter: config.CASSANDRA_LOCAL_DATACENTER,
      applicationName: 'stream-writer',
      logger: waiting.logger,
      ...cassandraSecurity(config),
    }),
  );
}

/** Does something that needs Cassandra, again from its start while it does not answer. */
export function untilCassandra<T>(
  config: WriterConfig,
  waiting: Waiting,
  action: () => Promise<T>,
): Promise<T> {
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_PORT: port } = config;
  return untilReachable(action, {
    ...reach('cassandra', waiting),
    what: `Cassandra at ${contactPoints.map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`)).join(', ')}`,
    hint: `${startThem} CASSANDRA_CONTACT_POINTS and CASSANDRA_PORT.`,
  });
}

/** Undefined where there is to be none. Opens no connection. */
export function schemaRegistry(
  config: WriterConfig,
  { onRetry }: { readonly onRetry?: (error: RegistryError) => void } = {},
): SchemaRegistry | undefined {
  const options = registryOptions(config);
  return options && new SchemaRegistry({ ...options, onRetry });
}

/** Asks the registry, again while it does not answer. */
export function untilRegistry<T>(
  config: WriterConfig,
  waiting: Waiting,
  action: () => Promise<T>,
): Promise<T> {
  return untilReachable(action, {
    ...reach('registry', waiting),
    what: `the schema registry at ${config.SCHEMA_REGISTRY_URL ?? ''}`,
    hint: `${startThem} SCHEMA_REGISTRY_URL; set it to nothing where there is none.`,
  });
}

export function usersTable(config: WriterConfig) {
  return tableFromSchema(userRowSchema, {
    keyspace: config.CASSANDRA_KEYSPACE,
    table: 'user_records',
    partitionKey: ['uuid'],
  });
}

function reach(
  server: string,
  { logger, signal, onFailure }: Waiting,
): Pick<Reach, 'logger' | 'signal' | 'onFailure'> {
  return {
    logger,
    signal,
    onFailure: (error) => onFailure?.(`${server}:${'code' in error ? String(error.code) : 'failed'}`),
  };
}
