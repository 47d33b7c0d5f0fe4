import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { kafkaSecurity, kafkaSecurityProblems, kafkaSecuritySettings } from './kafka-security.ts';

const read = (env: Record<string, string>) => readConfig(kafkaSecuritySettings, env);

describe('settings of a secured Kafka', () => {
  it('ask for nothing by default', () => {
    expect(kafkaSecurity(read({}))).toEqual({});
  });

  it('become the options of the client', () => {
    const env = {
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_SASL_USERNAME: 'writer',
      KAFKA_SASL_PASSWORD: 'secret',
      KAFKA_SSL_CA: 'pem',
    };
    expect(kafkaSecurity(read(env))).toEqual({
      ssl: { ca: 'pem' },
      sasl: { mechanism: 'scram-sha-256', username: 'writer', password: 'secret' },
    });
    expect(kafkaSecurity(read({ KAFKA_SECURITY_PROTOCOL: 'SSL' }))).toEqual({ ssl: {} });
  });

  it('take the tokens of an identity provider', () => {
    const provider = {
      KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'https://identity.example.org/token',
      KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'writer',
      KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: 'secret',
    };
    const asking = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'OAUTHBEARER' };
    expect(kafkaSecurity(read({ ...asking, ...provider })).sasl).toMatchObject({ mechanism: 'oauthbearer' });
    expect(kafkaSecurityProblems(read({ ...asking, ...provider }))).toEqual([]);
    expect(kafkaSecurityProblems(read(asking))).toEqual(
      Object.keys(provider).map(
        (name) =>
          `${name}: needed with KAFKA_SECURITY_PROTOCOL=SASL_SSL and KAFKA_SASL_MECHANISM=OAUTHBEARER`,
      ),
    );
    const wrong = { ...asking, ...provider, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'identity' };
    expect(() => read(wrong)).toThrow(/needs an address such as https/);
  });

  it('are refused, all problems at once, where they do not fit together', () => {
    const lacking = read({ KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SSL_CERT: 'pem' });
    expect(kafkaSecurityProblems(lacking)).toEqual([
      'KAFKA_SASL_USERNAME: needed with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT',
      'KAFKA_SASL_PASSWORD: needed with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT',
      'KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or neither',
    ]);
    expect(kafkaSecurityProblems(read({}))).toEqual([]);
    expect(() => read({ KAFKA_SECURITY_PROTOCOL: 'TLS' })).toThrow(/needs PLAINTEXT, SSL/);
  });
});
