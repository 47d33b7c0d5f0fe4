import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { shownSettings } from '@sluice/app-runtime';
import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

test('no secret is among the settings that are shown', () => {
  const config = loadConfig({
    ...{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'hidden-1' },
    ...{
      CASSANDRA_USERNAME: 'me',
      CASSANDRA_PASSWORD: 'hidden-2',
      KAFKA_SSL_CERT: 'hidden-3',
      KAFKA_SSL_KEY: 'hidden-4',
    },
    ...{ SCHEMA_REGISTRY_TOKEN: 'hidden-5', CONSOLE_OPERATOR_TOKEN: 'hidden-6-hidden-6' },
    ...{ AIRFLOW_USERNAME: 'me', AIRFLOW_PASSWORD: 'hidden-7', CONSOLE_VIEWER_TOKEN: 'hidden-8-hidden-8' },
  });
  const shown = shownSettings(config);
  expect(JSON.stringify(shown)).not.toContain('hidden');
  expect(shown).toMatchObject({ CASSANDRA_PASSWORD: '(set)', KAFKA_DLQ_TOPIC: 'user_records.dlq' });
});

test('takes the address of a proxy and whom to believe, and refuses what is neither', () => {
  const problems = (env: Record<string, string>) => () => loadConfig(env);
  const good = loadConfig({
    CONSOLE_PUBLIC_URL: 'https://sluice.example/',
    CONSOLE_TRUSTED_PROXIES: '10.0.0.7, 10.1.0.0/16,::1,fd00::/8',
  });
  expect(good.CONSOLE_PUBLIC_URL).toBe('https://sluice.example');
  expect(good.CONSOLE_TRUSTED_PROXIES).toEqual(['10.0.0.7', '10.1.0.0/16', '::1', 'fd00::/8']);
  for (const wrong of ['sluice.example', 'https://me:pw@h', 'https://h/console', 'ftp://h'])
    expect(problems({ CONSOLE_PUBLIC_URL: wrong })).toThrow(/CONSOLE_PUBLIC_URL: needs/);
  for (const wrong of ['proxy', '10.0.0.0/33', '::/129', '10.0.0.0/', '1.2.3.4/8/8', 'true'])
    expect(problems({ CONSOLE_TRUSTED_PROXIES: wrong })).toThrow(/CONSOLE_TRUSTED_PROXIES: needs/);
});

test('a file of tokens that others can write is refused', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'console-')), 'token');
  writeFileSync(file, 't'.repeat(20));
  chmodSync(file, 0o622);
  expect(() => loadConfig({ CONSOLE_OPERATOR_TOKEN_FILE: file })).toThrow(
    new RegExp(`CONSOLE_OPERATOR_TOKEN_FILE: ${file} can be written by others`),
  );
  chmodSync(file, 0o644);
  expect(loadConfig({ CONSOLE_OPERATOR_TOKEN_FILE: file }).CONSOLE_OPERATOR_TOKEN).toHaveLength(20);
  rmSync(dirname(file), { recursive: true });
});

test('names every problem', () => {
  const env = {
    WRITER_URLS: 'http://a,b',
    AIRFLOW_USERNAME: 'x',
    CONSOLE_PORT: 'y',
    CONSOLE_VIEWER_TOKEN: 'short',
  };
  expect(() => loadConfig(env)).toThrow(/WRITER_URLS[^]*CONSOLE_|CONSOLE_[^]*WRITER_URLS/);
  expect(() => loadConfig({ AIRFLOW_USERNAME: 'x' })).toThrow(/AIRFLOW_PASSWORD/);
  const token = 't'.repeat(20);
  expect(() => loadConfig({ CONSOLE_VIEWER_TOKEN: token, CONSOLE_OPERATOR_TOKEN: token })).toThrow(
    /must differ/,
  );
  expect(() =>
    loadConfig({ CONSOLE_VIEWER_TOKEN: `eve ${token}`, CONSOLE_OPERATOR_TOKEN: `ada ${token}` }),
  ).toThrow(/must differ/);
});
