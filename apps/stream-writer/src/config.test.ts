import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig, shareOf } from './config.ts';

describe('loadConfig', () => {
  it('names the dead-letter topic after the topic', () => {
    expect(loadConfig({ KAFKA_TOPIC: 'people' })).toMatchObject({
      KAFKA_DLQ_TOPIC: 'people.dlq',
      METRICS_PORT: 9465,
    });
    expect(loadConfig({ KAFKA_DLQ_TOPIC: 'letters' }).KAFKA_DLQ_TOPIC).toBe('letters');
  });

  it('refuses what fits each alone but not together', () => {
    const problems = [
      'CASSANDRA_USERNAME: needs the user of CASSANDRA_PASSWORD',
      'KAFKA_DLQ_TOPIC: needs another topic than KAFKA_TOPIC',
    ];
    const registry = 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both or neither';
    expect(() => loadConfig({ SCHEMA_REGISTRY_USERNAME: 'me' })).toThrow(
      expect.objectContaining({ problems: [registry] }),
    );
    expect(() => loadConfig({ KAFKA_TOPIC: 't'.repeat(246) })).toThrow(/KAFKA_DLQ_TOPIC: needed with this/);
    expect(() => loadConfig({ KAFKA_DLQ_TOPIC: 'user_records', CASSANDRA_PASSWORD: 'x' })).toThrow(
      expect.objectContaining({ problems }),
    );
  });
});

describe('shareOf', () => {
  it('shares the limit of records a second out among workers, one at the least', () => {
    const config = loadConfig({ MAX_RECORDS_PER_SECOND: '1000' });
    expect(shareOf(config, 3)).toEqual({ ...config, MAX_RECORDS_PER_SECOND: 333 });
    expect(shareOf(config, 2_000).MAX_RECORDS_PER_SECOND).toBe(1);
    expect(shareOf(loadConfig({}), 2).MAX_RECORDS_PER_SECOND).toBeUndefined();
  });
});

describe('the program', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const run = (args: string[], env: Record<string, string> = {}) =>
    promisify(execFile)(process.execPath, ['--conditions=@sluice/source', main, ...args], {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    });

  it.each([[[]], [['serve']], [['drain']], [['migrate']]])(
    'explains %j by --help, with exit code 0',
    async (command) => {
      const { stdout } = await run([...command, '--help']);
      expect(stdout).toContain(`Usage: stream-writer ${command.join('')}`);
    },
  );

  it('lists every problem of its configuration and exits 78', async () => {
    const failure: unknown = await run(['serve'], {
      KAFKA_BROKERS: 'nowhere',
      CASSANDRA_PORT: 'x',
      MAX_CLOCK_SKEW: 'long',
      OFFSET_OUT_OF_RANGE: 'guess',
      UNKNOWN_FIELDS: 'store',
      SCHEMA_REGISTRY_URL: 'nowhere',
      CASSANDRA_PASSWORD_FILE: '/absent',
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 78 });
    const { stderr } = failure as { stderr: string };
    for (const name of [
      'KAFKA_BROKERS',
      'CASSANDRA_PORT',
      'MAX_CLOCK_SKEW',
      'OFFSET_OUT_OF_RANGE',
      'UNKNOWN_FIELDS',
      'SCHEMA_REGISTRY_URL',
      'CASSANDRA_PASSWORD_FILE',
    ])
      expect(stderr).toMatch(new RegExp(`^  - ${name}: .`, 'm'));
  });
});
