import { expect, it } from 'vitest';
import { shownSettings } from './shown-settings.ts';

it('names secrets and certificates as set, and shows the rest', () => {
  const shown = shownSettings({
    ...{ KAFKA_SASL_PASSWORD: 'x', KAFKA_SSL_KEY: 'x', KAFKA_SSL_CA: 'x', SCHEMA_REGISTRY_TOKEN: 'x' },
    ...{ KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: 'x', CASSANDRA_TLS_KEY: 'x', CASSANDRA_TLS_CERT: 'x' },
    ...{ KAFKA_BROKERS: ['a:1', 'b:2'], CASSANDRA_PORT: 9042, CASSANDRA_USERNAME: undefined },
    SOURCE_RATE_LIMIT: { users: 20_000, perMs: 300_000 },
  });
  expect(shown).toMatchObject({
    KAFKA_BROKERS: 'a:1,b:2',
    CASSANDRA_PORT: '9042',
    KAFKA_SASL_PASSWORD: '(set)',
    SOURCE_RATE_LIMIT: '{"users":20000,"perMs":300000}',
  });
  expect(
    shownSettings({ SOURCE_URL: 'http://bob:pw@h/?key=K', PLACES: ['http://bob:pw@h', 'http://i/'] }),
  ).toEqual({
    SOURCE_URL: 'http://[redacted]@h/?key=[redacted]',
    PLACES: 'http://[redacted]@h,http://i/',
  });
  expect(Object.values(shown)).not.toContain('x');
  expect(shown).not.toHaveProperty('CASSANDRA_USERNAME');
});
