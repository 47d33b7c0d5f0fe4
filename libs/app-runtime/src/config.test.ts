import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import { cassandraSettings, integer, kafkaSettings, port, serviceSettings } from './settings.ts';

let folder: string;
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('readConfig', () => {
  const settings = { ...kafkaSettings, ...cassandraSettings, METRICS_PORT: port.default(9465) };

  it('takes the defaults where nothing, or nothing but an empty text, is set', () => {
    expect(readConfig(settings, { KAFKA_TOPIC: '', UNRELATED: 'x' })).toEqual({
      KAFKA_BROKERS: ['127.0.0.1:9092'],
      KAFKA_TOPIC: 'user_records',
      KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      CASSANDRA_CONTACT_POINTS: ['127.0.0.1'],
      CASSANDRA_PORT: 9042,
      CASSANDRA_LOCAL_DATACENTER: 'datacenter1',
      CASSANDRA_KEYSPACE: 'worldwide_users',
      METRICS_PORT: 9465,
    });
  });

  it('names every problem at once, each with what is needed', () => {
    const problems = problemsOf(() =>
      readConfig(settings, {
        KAFKA_BROKERS: 'localhost',
        KAFKA_TOPIC: 'a topic',
        CASSANDRA_PORT: '99999',
        CASSANDRA_KEYSPACE: '1st',
        CASSANDRA_PASSWORD_FILE: join(folder, 'absent'),
        METRICS_PORT: 'x',
      }),
    );
    expect(problems).toEqual([
      `CASSANDRA_PASSWORD_FILE: ${join(folder, 'absent')} cannot be read (ENOENT)`,
      'KAFKA_BROKERS: needs brokers as host:port, separated by commas; wrong: localhost',
      'KAFKA_TOPIC: needs 1 to 249 letters, digits, dots, underscores or hyphens',
      'CASSANDRA_PORT: needs a whole number from 0 to 65535',
      'CASSANDRA_KEYSPACE: needs a keyspace name: a letter, then up to 47 letters, digits or underscores',
      'METRICS_PORT: needs a whole number from 0 to 65535',
    ]);
  });

  it('puts all problems into one message, without the value of a secret', () => {
    const secret = { PIN: z.string().regex(/^\d+$/, 'needs digits'), PORT: port };
    expect(() => readConfig(secret, { PIN: 'hunter2', PORT: '-1' })).toThrow(
      new ConfigError(['PIN: needs digits', 'PORT: needs a whole number from 0 to 65535']),
    );
    const { message } = new ConfigError(['one', 'two']);
    expect(message).toBe('the configuration is not valid:\n  - one\n  - two');
  });

  it('takes host names without a port, in any case', () => {
    const read = (ALLOWED_HOSTS: string) => readConfig(serviceSettings, { ALLOWED_HOSTS });
    expect(read('Console.example., console').ALLOWED_HOSTS).toEqual(['console.example', 'console']);
    expect(problemsOf(() => read('console:8090,http://x'))).toEqual([
      'ALLOWED_HOSTS: needs host names without a port, separated by commas; wrong: console:8090, http://x',
    ]);
  });

  it('reads a setting from the file that NAME_FILE names, without its last line break and byte order mark alone', () => {
    const env = { CASSANDRA_PASSWORD_FILE: file('password', ' s3cret \n') };
    expect(readConfig(settings, env).CASSANDRA_PASSWORD).toBe(' s3cret ');
    expect(readConfig({ N: integer({ min: 1, max: 9 }) }, { N_FILE: file('n', '7\r\n') }).N).toBe(7);
    const marked = { CASSANDRA_PASSWORD_FILE: file('marked', '\uFEFFs3cret\r\n') };
    expect(readConfig(settings, marked).CASSANDRA_PASSWORD).toBe('s3cret');
  });

  it('refuses a setting and its file at once, and a file that is empty or a folder', () => {
    const problems = problemsOf(() =>
      readConfig(settings, {
        CASSANDRA_USERNAME: 'me',
        CASSANDRA_USERNAME_FILE: file('user', 'me'),
        CASSANDRA_PASSWORD_FILE: file('empty', '\n'),
        KAFKA_TOPIC_FILE: folder,
      }),
    );
    expect(problems).toEqual([
      `KAFKA_TOPIC_FILE: ${folder} cannot be read (EISDIR)`,
      'CASSANDRA_USERNAME and CASSANDRA_USERNAME_FILE are both set: keep one',
      `CASSANDRA_PASSWORD_FILE: ${join(folder, 'empty')} is empty`,
    ]);
  });
});
