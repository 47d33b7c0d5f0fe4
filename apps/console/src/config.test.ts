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
});
