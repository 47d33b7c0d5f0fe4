import {
  ConfigError,
  deadLetterTopic,
  deadLetterTopicProblems,
  type Environment,
  integer,
  kafkaSecurityProblems,
  kafkaSettings,
  parseDuration,
  port,
  readConfig,
  registryProblems,
  registrySettings,
  serviceSettings,
} from '@sluice/app-runtime';
import { z } from 'zod';

const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    'needs an address such as https://randomuser.me/api/',
  );

/** `20000/5m`: users per time; `none`: as fast as the source answers. */
const rateLimit = z.string().transform((text, context) => {
  if (text === 'none') return false as const;
  const [users = '', time = ''] = text.split('/');
  const perMs = parseDuration(time);
  if (/^[1-9]\d*$/.test(users) && perMs) return { users: Number(users), perMs };
  context.addIssue({ code: 'custom', message: 'needs users per time, such as 20000/5m, or none' });
  return z.NEVER;
});

const flag = z.enum(['true', 'false'], 'needs true or false').transform((text) => text === 'true');

const settings = {
  ...kafkaSettings,
  ...registrySettings,
  ...serviceSettings,
  SOURCE_URL: httpUrl.default('https://randomuser.me/api/'),
  SOURCE_PAGE_SIZE: integer({ min: 1, max: 5_000 }).default(500),
  SOURCE_RATE_LIMIT: rateLimit.default({ users: 20_000, perMs: 300_000 }),
  MESSAGE_FORMAT: z.enum(['json', 'avro'], 'needs json or avro').default('json'),
  SCHEMA_AUTO_REGISTER: flag.default(true),
  PASSWORD_POLICY: z.enum(['drop', 'sha256', 'plaintext'], 'needs drop, sha256 or plaintext').default('drop'),
  METRICS_PORT: port.default(9464),
};

export type ProducerConfig = ReturnType<typeof loadConfig>;

/** @throws ConfigError naming every problem */
export function loadConfig(env: Environment) {
  const config = readConfig(settings, env);
  const problems = [
    ...kafkaSecurityProblems(config),
    ...registryProblems(config),
    ...deadLetterTopicProblems(config),
  ];
  if (config.MESSAGE_FORMAT === 'avro' && config.SCHEMA_REGISTRY_URL === undefined)
    problems.push('MESSAGE_FORMAT: avro needs a schema registry, and SCHEMA_REGISTRY_URL is set to nothing');
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, KAFKA_DLQ_TOPIC: deadLetterTopic(config) };
}

export const settingsHelp = `
Settings come from the environment (defaults in brackets):
  KAFKA_BROKERS [127.0.0.1:9092]        KAFKA_TOPIC [user_records]
  KAFKA_DLQ_TOPIC [<topic>.dlq]         any secret may be given as NAME_FILE
  KAFKA_SECURITY_PROTOCOL [PLAINTEXT]   KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  KAFKA_SSL_CA, _CERT, _KEY (PEM)
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, _CLIENT_ID, _CLIENT_SECRET, _SCOPE
  SOURCE_URL [https://randomuser.me/api/]
  SOURCE_PAGE_SIZE [500] users a request, at most 5000
  SOURCE_RATE_LIMIT [20000/5m] what the public API allows; none for a server of your own
  PASSWORD_POLICY [drop] | sha256 | plaintext
  MESSAGE_FORMAT [json] | avro          SCHEMA_AUTO_REGISTER [true] | false: look it up
  SCHEMA_REGISTRY_URL [http://127.0.0.1:8081]; set to nothing: no registry
  SCHEMA_REGISTRY_USERNAME, _PASSWORD   SCHEMA_REGISTRY_TOKEN
  SCHEMA_REGISTRY_SSL_CA (PEM)          SHUTDOWN_TIMEOUT [10s]
  METRICS_PORT [9464]                   METRICS_HOST [127.0.0.1]
  ALLOWED_HOSTS [none] names that metrics are read by beside IP addresses and localhost
  LOG_LEVEL [info]
Exit codes: 0 success, 1 failure, 78 configuration that is not valid.`;
