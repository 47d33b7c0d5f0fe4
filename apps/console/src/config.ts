import {
  cassandraSecurityProblems,
  cassandraSettings,
  ConfigError,
  duration,
  type Environment,
  kafkaSecurityProblems,
  kafkaSettings,
  port,
  readConfig,
  registryProblems,
  registrySettings,
  serviceSettings,
} from '@sluice/app-runtime';
import { z } from 'zod';

const address = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // the text stays out of the message: it may hold a password
  if (isHttp && url.username === '' && url.password === '' && url.search === '')
    return text.replace(/\/+$/, '');
  context.addIssue({
    code: 'custom',
    message: 'needs an address such as http://127.0.0.1:9465, without a user',
  });
  return z.NEVER;
});

const addresses = z.string().transform((text, context) => {
  const parsed = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => address.safeParse(part.trim()));
  const urls = parsed.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (urls.length === parsed.length) return urls;
  context.addIssue({
    code: 'custom',
    message: 'needs addresses such as http://127.0.0.1:9465, separated by commas',
  });
  return z.NEVER;
});

const settings = {
  ...kafkaSettings,
  ...cassandraSettings,
  ...registrySettings,
  ...serviceSettings,
  KAFKA_GROUP_ID: z.string().default('stream-writer'),
  MAX_CLOCK_SKEW: duration.default(3_600_000),
  CONSOLE_HOST: z.string().default('127.0.0.1'),
  CONSOLE_PORT: port.default(8090),
  /** Tokens, history and audit log. */
  CONSOLE_STATE_DIR: z.string().default('.stack/console'),
  CONSOLE_VIEWER_TOKEN: z.string().min(16, 'needs at least 16 characters').optional(),
  CONSOLE_OPERATOR_TOKEN: z.string().min(16, 'needs at least 16 characters').optional(),
  /** Where producers and writers serve their metrics. */
  PRODUCER_URLS: addresses.default(['http://127.0.0.1:9464']),
  WRITER_URLS: addresses.default(['http://127.0.0.1:9465']),
  SPARK_METRICS_URL: address.optional(),
  AIRFLOW_URL: address.optional(),
  AIRFLOW_USERNAME: z.string().optional(),
  AIRFLOW_PASSWORD: z.string().optional(),
};

export type ConsoleConfig = ReturnType<typeof loadConfig>;

/** @throws ConfigError naming every problem */
export function loadConfig(env: Environment) {
  const config = readConfig(settings, env);
  const { KAFKA_TOPIC, KAFKA_DLQ_TOPIC = `${KAFKA_TOPIC}.dlq` } = config;
  const problems = [
    ...kafkaSecurityProblems(config),
    ...cassandraSecurityProblems(config),
    ...registryProblems(config),
  ];
  if (Boolean(config.AIRFLOW_USERNAME) !== Boolean(config.AIRFLOW_PASSWORD))
    problems.push('AIRFLOW_USERNAME and AIRFLOW_PASSWORD: both or neither');
  if (config.CONSOLE_VIEWER_TOKEN && config.CONSOLE_VIEWER_TOKEN === config.CONSOLE_OPERATOR_TOKEN)
    problems.push(
      'CONSOLE_VIEWER_TOKEN and CONSOLE_OPERATOR_TOKEN: must differ, or every viewer is an operator',
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, KAFKA_DLQ_TOPIC };
}

export const settingsHelp = `
Settings come from the environment (defaults in brackets); any secret may be given as NAME_FILE:
  CONSOLE_HOST [127.0.0.1]                CONSOLE_PORT [8090; another one where it is taken]
  CONSOLE_STATE_DIR [.stack/console]      tokens, history and the log of changes
  CONSOLE_VIEWER_TOKEN, CONSOLE_OPERATOR_TOKEN [made at the first start]
  PRODUCER_URLS [http://127.0.0.1:9464]   WRITER_URLS [http://127.0.0.1:9465]
  SPARK_METRICS_URL [none]                AIRFLOW_URL, AIRFLOW_USERNAME, AIRFLOW_PASSWORD [none]
  KAFKA_BROKERS [127.0.0.1:9092]          KAFKA_TOPIC [user_records]
  KAFKA_DLQ_TOPIC [<topic>.dlq]           KAFKA_GROUP_ID [stream-writer]
  KAFKA_SECURITY_PROTOCOL [PLAINTEXT]     KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  KAFKA_SSL_CA, _CERT, _KEY               SCHEMA_REGISTRY_URL [http://127.0.0.1:8081; empty: none]
  CASSANDRA_CONTACT_POINTS [127.0.0.1]    CASSANDRA_PORT [9042]
  CASSANDRA_LOCAL_DATACENTER [datacenter1]
  CASSANDRA_KEYSPACE [worldwide_users]    CASSANDRA_USERNAME, CASSANDRA_PASSWORD,
                                          CASSANDRA_TLS_*
  MAX_CLOCK_SKEW [1h]                     LOG_LEVEL [info]
  SHUTDOWN_TIMEOUT [10s]
`;
