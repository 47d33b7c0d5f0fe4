import { expect, it } from 'vitest';
import { describeError } from './setting-hints.ts';

const failure = (name: string, code: string) => Object.assign(new Error('refused'), { name, code });

it.each([
  [failure('KafkaError', 'authentication-failed'), /^refused \(settings: KAFKA_SECURITY_PROTOCOL, /],
  [failure('CassandraError', 'authentication-failed'), /^refused \(settings: CASSANDRA_USERNAME /],
  [failure('CassandraError', 'unknown-data-center'), /^refused \(settings: CASSANDRA_LOCAL_DATACENTER\)$/],
  [failure('KafkaError', 'unreachable'), /^refused$/],
  [failure('Other', 'toString'), /^refused$/],
])('an app adds to the error of a library the settings that it is about: %s', (error, text) => {
  expect(describeError(error)).toMatch(text);
});
