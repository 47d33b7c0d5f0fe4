import { z } from 'zod';
import { cassandraSecuritySettings } from './cassandra-security.ts';
import { kafkaSecuritySettings } from './kafka-security.ts';

/** `host:port,host:port` */
export const brokerList = z.string().transform((text, context) => {
  const brokers = commaList(text);
  if (brokers.some((broker) => broker.startsWith('['))) {
    // the clients of Kafka take what is before the first colon for the host
    context.addIssue({
      code: 'custom',
      message: 'takes no IPv6 addresses such as [::1]:9092: give a host name that has the address',
    });
    return z.NEVER;
  }
  const wrong = brokers.filter((broker) => !isHostAndPort(broker));
  if (brokers.length === 0 || wrong.length > 0)
    context.addIssue({
      code: 'custom',
      message: `needs brokers as host:port, separated by commas; wrong: ${wrong.join(', ') || 'none given'}`,
    });
  return brokers;
});

function isHostAndPort(text: string): boolean {
  const port = Number(/^[^\s:/]+:(\d{1,5})$/.exec(text)?.[1]);
  return port > 0 && port <= 65_535;
}

const hostNames = z.string().transform((text, context) => {
  const names = commaList(text).map((name) => name.toLowerCase().replace(/\.$/, ''));
  const wrong = names.filter((name) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name));
  if (wrong.length > 0)
    context.addIssue({
      code: 'custom',
      message: `needs host names without a port, separated by commas; wrong: ${wrong.join(', ')}`,
    });
  return names;
});

/** `host,host` */
export const hostList = z.string().transform((text, context) => {
  const hosts = commaList(text);
  if (hosts.length === 0 || hosts.some((host) => /[\s/]/.test(host)))
    context.addIssue({ code: 'custom', message: 'needs host names or addresses, separated by commas' });
  return hosts;
});

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `10 s`, `5m`, `1h`, `7d`; in milliseconds. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'needs a duration such as 500ms, 10s, 5m or 1h' });
  return z.NEVER;
});

/** A duration in milliseconds, undefined for text that is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  const unit = units[match?.[2] ?? ''];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

export function integer({ min, max }: { min: number; max: number }) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `needs a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

export const port = integer({ min: 0, max: 65_535 });

/** A Kafka topic or group name: https://kafka.apache.org/documentation/#brokerconfigs, Topic.LEGAL_CHARS */
const kafkaName = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    'needs 1 to 249 letters, digits, dots, underscores or hyphens',
  );

/** Settings of every program that talks to Kafka. */
export const kafkaSettings = {
  KAFKA_BROKERS: brokerList.default(['127.0.0.1:9092']),
  KAFKA_TOPIC: kafkaName.default('user_records'),
  /** Default: the topic's name with `.dlq` behind it. */
  KAFKA_DLQ_TOPIC: kafkaName.optional(),
  ...kafkaSecuritySettings,
};

/** Settings of every program that talks to Cassandra. */
export const cassandraSettings = {
  CASSANDRA_CONTACT_POINTS: hostList.default(['127.0.0.1']),
  CASSANDRA_PORT: port.default(9042),
  CASSANDRA_LOCAL_DATACENTER: z.string().default('datacenter1'),
  CASSANDRA_KEYSPACE: z
    .string()
    .regex(
      /^[a-zA-Z]\w{0,47}$/,
      'needs a keyspace name: a letter, then up to 47 letters, digits or underscores',
    )
    .default('worldwide_users'),
  ...cassandraSecuritySettings,
};

/** Settings of every program that runs until it is stopped. */
export const serviceSettings = {
  /** Where metrics and health are served. In a container `0.0.0.0`, so that others reach them. */
  METRICS_HOST: z.string().default('127.0.0.1'),
  /** Names that the program is reached by over HTTP, beside IP addresses and localhost: the name of its container, of a proxy. */
  ALLOWED_HOSTS: hostNames.default([]),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'needs debug, info, warn, error or silent')
    .default('info'),
  SHUTDOWN_TIMEOUT: duration.default(10_000),
};

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
