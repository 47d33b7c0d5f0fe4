import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  cassandraSecurityProblems,
  cassandraSettings,
  ConfigError,
  deadLetterTopic,
  deadLetterTopicProblems,
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
import { parseTokens } from './access/token-list.ts';
import type { Role } from './contract/common.ts';

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

const publicAddress = address.refine(
  (text) => URL.parse(text)?.pathname === '/',
  'needs an address without a path, such as https://sluice.example',
);

/** `10.0.0.7,10.1.0.0/16` */
const networks = z.string().transform((text, context) => {
  const found = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = found.filter((network) => !isNetwork(network));
  if (wrong.length > 0)
    context.addIssue({
      code: 'custom',
      message: `needs IP addresses or networks such as 10.1.0.0/16, separated by commas; wrong: ${wrong.join(', ')}`,
    });
  return found;
});

function isNetwork(text: string): boolean {
  const [ip = '', bits, ...more] = text.split('/');
  const version = isIP(ip);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const tokens = (role: Role) =>
  z.string().superRefine((text, context) => {
    try {
      parseTokens(text, role);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
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
  CONSOLE_VIEWER_TOKEN: tokens('viewer').optional(),
  CONSOLE_OPERATOR_TOKEN: tokens('operator').optional(),
  /** What browsers use where a proxy is in front: its name is allowed, and with https the cookies are sent by TLS alone. */
  CONSOLE_PUBLIC_URL: publicAddress.optional(),
  /** Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  CONSOLE_TRUSTED_PROXIES: networks.default([]),
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
  const problems = [
    ...kafkaSecurityProblems(config),
    ...cassandraSecurityProblems(config),
    ...registryProblems(config),
    ...deadLetterTopicProblems(config),
    ...tokenFileProblems(env),
  ];
  if (Boolean(config.AIRFLOW_USERNAME) !== Boolean(config.AIRFLOW_PASSWORD))
    problems.push('AIRFLOW_USERNAME and AIRFLOW_PASSWORD: both or neither');
  if (haveTokenInCommon(config.CONSOLE_VIEWER_TOKEN, config.CONSOLE_OPERATOR_TOKEN))
    problems.push(
      'CONSOLE_VIEWER_TOKEN and CONSOLE_OPERATOR_TOKEN: must differ, or every viewer is an operator',
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, KAFKA_DLQ_TOPIC: deadLetterTopic(config) };
}

/** Who can write a token into a file that is read is let in by it. */
function tokenFileProblems(env: Environment): string[] {
  return ['CONSOLE_VIEWER_TOKEN_FILE', 'CONSOLE_OPERATOR_TOKEN_FILE'].flatMap((name) => {
    const file = env[name];
    if (!file || process.platform === 'win32' || (statSync(file).mode & 0o022) === 0) return [];
    return [`${name}: ${file} can be written by others: look at what it holds, then run chmod go-w on it`];
  });
}

function haveTokenInCommon(viewers: string | undefined, operators: string | undefined): boolean {
  if (viewers === undefined || operators === undefined) return false;
  const known = new Set(parseTokens(operators, 'operator').map(({ token }) => token));
  return parseTokens(viewers, 'viewer').some(({ token }) => known.has(token));
}

export const settingsHelp = `
Settings come from the environment (defaults in brackets); any secret may be given as NAME_FILE:
  CONSOLE_HOST [127.0.0.1]                CONSOLE_PORT [8090; another one where it is taken]
  ALLOWED_HOSTS [none] names that it is reached by beside IP addresses and localhost
  CONSOLE_STATE_DIR [.stack/console]      tokens, history and the log of changes
  CONSOLE_VIEWER_TOKEN, CONSOLE_OPERATOR_TOKEN [made at the first start] one a line, after a name or alone
  CONSOLE_PUBLIC_URL [none]               what browsers use where a TLS proxy is in front, as https://sluice.example
  CONSOLE_TRUSTED_PROXIES [none]          addresses or networks of proxies whose X-Forwarded-For is believed
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
