import { untilReachable } from '@sluice/app-runtime';
import { CassandraSession, tableFromSchema } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import type { Logger } from '@sluice/telemetry';
import { userRowSchema } from '@sluice/user-schema';
import type { WriterConfig } from './config.ts';

const startThem = 'Start it with `npx nx run infra:up`, or set';

export function kafkaClient(config: WriterConfig, logger: Logger): KafkaClient {
  return new KafkaClient({ brokers: config.KAFKA_BROKERS, clientId: 'stream-writer', logger });
}

/** Runs one look-up against Kafka, waiting for a broker to answer. */
export async function withAdmin<T>(
  kafka: KafkaClient,
  config: WriterConfig,
  waiting: { logger: Logger; signal: AbortSignal },
  look: (admin: Awaited<ReturnType<KafkaClient['admin']>>) => Promise<T>,
): Promise<T> {
  const admin = await untilReachable(() => kafka.admin(), {
    ...waiting,
    what: `Kafka at ${config.KAFKA_BROKERS.join(', ')}`,
    hint: `${startThem} KAFKA_BROKERS.`,
  });
  try {
    return await look(admin);
  } finally {
    await admin.close();
  }
}

export function cassandraSession(
  config: WriterConfig,
  waiting: { logger: Logger; signal: AbortSignal },
): Promise<CassandraSession> {
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_PORT: port } = config;
  const connect = () =>
    CassandraSession.connect({
      contactPoints,
      port,
      localDataCenter: config.CASSANDRA_LOCAL_DATACENTER,
      applicationName: 'stream-writer',
      logger: waiting.logger,
      ...(config.CASSANDRA_USERNAME ? { username: config.CASSANDRA_USERNAME } : {}),
      ...(config.CASSANDRA_PASSWORD ? { password: config.CASSANDRA_PASSWORD } : {}),
    });
  return untilReachable(connect, {
    ...waiting,
    what: `Cassandra at ${contactPoints.map((host) => `${host}:${port}`).join(', ')}`,
    hint: `${startThem} CASSANDRA_CONTACT_POINTS and CASSANDRA_PORT.`,
  });
}

export function usersTable(config: WriterConfig) {
  return tableFromSchema(userRowSchema, {
    keyspace: config.CASSANDRA_KEYSPACE,
    table: 'user_records',
    partitionKey: ['uuid'],
  });
}
