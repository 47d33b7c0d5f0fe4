import {
  cassandraSecurityProblems,
  cassandraSettings,
  ConfigError,
  deadLetterTopic,
  deadLetterTopicProblems,
  duration,
  type Environment,
  integer,
  kafkaSecurityProblems,
  kafkaSettings,
  port,
  readConfig,
  registryProblems,
  registrySettings,
  serviceSettings,
} from '@sluice/app-runtime';
import { z } from 'zod';

const share = z
  .string()
  .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'needs a number from 0 to 1')
  .transform(Number);

const settings = {
  ...kafkaSettings,
  ...cassandraSettings,
  ...registrySettings,
  ...serviceSettings,
  KAFKA_GROUP_ID: z.string().default('stream-writer'),
  OFFSET_OUT_OF_RANGE: z
    .enum(['fail', 'earliest', 'latest'], 'needs fail, earliest or latest')
    .default('fail'),
  UNKNOWN_FIELDS: z.enum(['ignore', 'pause'], 'needs ignore or pause').default('ignore'),
  MAX_CLOCK_SKEW: duration.default(3_600_000),
  MAX_DEAD_LETTER_RATIO: share.default(0.5),
  MAX_RECORDS_PER_SECOND: integer({ min: 1, max: 1_000_000_000 }).optional(),
  MAX_DECOMPRESSED_BATCH_BYTES: integer({ min: 16 * 1024 * 1024, max: 512 * 1024 * 1024 }).default(
    64 * 1024 * 1024,
  ),
  METRICS_PORT: port.default(9465),
  TOPIC_PARTITIONS: integer({ min: 1, max: 10_000 }).default(4),
  TOPIC_REPLICATION: integer({ min: 1, max: 32 }).optional(),
  CASSANDRA_REPLICATION: integer({ min: 1, max: 32 }).optional(),
};

export type WriterConfig = ReturnType<typeof loadConfig>;

/** @throws ConfigError naming every problem */
export function loadConfig(env: Environment) {
  const config = readConfig(settings, env);
  const problems = [
    ...kafkaSecurityProblems(config),
    ...cassandraSecurityProblems(config),
    ...registryProblems(config),
    ...deadLetterTopicProblems(config),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, KAFKA_DLQ_TOPIC: deadLetterTopic(config) };
}

/** The configuration of one of several workers: a limit for all of them is shared out. */
export function shareOf(config: WriterConfig, workers: number): WriterConfig {
  const limit = config.MAX_RECORDS_PER_SECOND;
  if (limit === undefined) return config;
  return { ...config, MAX_RECORDS_PER_SECOND: Math.max(1, Math.floor(limit / workers)) };
}

export const settingsHelp = `
Settings come from the environment (defaults in brackets); any secret may be given as NAME_FILE:
  KAFKA_BROKERS [127.0.0.1:9092]          KAFKA_TOPIC [user_records]
  KAFKA_DLQ_TOPIC [<topic>.dlq]           KAFKA_GROUP_ID [stream-writer]
  KAFKA_SECURITY_PROTOCOL [PLAINTEXT]     KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  KAFKA_SSL_CA, _CERT, _KEY (PEM)         (with SASL_PLAINTEXT and SASL_SSL; with SSL and SASL_SSL)
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, _CLIENT_ID, _CLIENT_SECRET, _SCOPE (with OAUTHBEARER)
  CASSANDRA_CONTACT_POINTS [127.0.0.1]    CASSANDRA_PORT [9042]
  CASSANDRA_LOCAL_DATACENTER [datacenter1]  CASSANDRA_KEYSPACE [worldwide_users]
  CASSANDRA_USERNAME, CASSANDRA_PASSWORD  OFFSET_OUT_OF_RANGE [fail] | earliest | latest
  CASSANDRA_TLS_CA, _CERT, _KEY (PEM)     CASSANDRA_TLS_SERVERNAME
  SCHEMA_REGISTRY_URL [http://127.0.0.1:8081] empty: none, and Avro messages are dead letters
  SCHEMA_REGISTRY_USERNAME, _PASSWORD     SCHEMA_REGISTRY_TOKEN
  SCHEMA_REGISTRY_SSL_CA (PEM)            UNKNOWN_FIELDS [ignore] | pause
  MAX_CLOCK_SKEW [1h]                     SHUTDOWN_TIMEOUT [10s]
  MAX_DEAD_LETTER_RATIO [0.5] more of the last 1,000 records pause the writer; 1: any number
  MAX_RECORDS_PER_SECOND [no limit]
  MAX_DECOMPRESSED_BATCH_BYTES [67108864] a larger record is a dead letter (record-too-large)
  METRICS_PORT [9465]                     METRICS_HOST [127.0.0.1]
  ALLOWED_HOSTS [none] names that metrics are read by beside IP addresses and localhost
  LOG_LEVEL [info]
  migrate: TOPIC_PARTITIONS [4], TOPIC_REPLICATION and CASSANDRA_REPLICATION [min(3, servers)]
Exit codes: 0 success, 1 failure, 78 configuration that is not valid.`;
