import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import { registryOptions, registryProblems, registrySettings } from './schema-registry.ts';

const read = (env: Record<string, string>) => readConfig(registrySettings, env);
const complaintOf = (env: Record<string, string>): string => {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return '';
};

describe('settings of a schema registry', () => {
  it('are its address on this machine by default, and none where that is set to nothing', () => {
    expect(registryOptions(read({}))).toEqual({ url: 'http://127.0.0.1:8081' });
    expect(registryOptions(read({ SCHEMA_REGISTRY_URL: '' }))).toBeUndefined();
    expect(registryProblems(read({ SCHEMA_REGISTRY_URL: '' }))).toEqual([]);
  });

  it('become the options of the client', () => {
    const url = 'https://registry.example/schemas';
    const basic = { SCHEMA_REGISTRY_USERNAME: 'producer', SCHEMA_REGISTRY_PASSWORD: 'secret' };
    expect(
      registryOptions(read({ SCHEMA_REGISTRY_URL: url, ...basic, SCHEMA_REGISTRY_SSL_CA: 'pem' })),
    ).toEqual({ url, auth: { username: 'producer', password: 'secret' }, tls: { ca: 'pem' } });
    expect(registryOptions(read({ SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_TOKEN: 'secret' }))).toEqual({
      url,
      auth: { token: 'secret' },
    });
  });

  it('are refused, all problems at once, where they do not fit together', () => {
    const config = read({
      SCHEMA_REGISTRY_USERNAME: 'producer',
      SCHEMA_REGISTRY_TOKEN: 'secret',
      SCHEMA_REGISTRY_SSL_CA: 'pem',
    });
    expect(registryProblems(config)).toEqual([
      'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both or neither',
      'SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME are both set: keep one',
      'SCHEMA_REGISTRY_SSL_CA: has no use with an http address in SCHEMA_REGISTRY_URL',
    ]);
    expect(registryProblems(read({}))).toEqual([]);
  });

  it.each([
    [{ SCHEMA_REGISTRY_URL: 'registry:8081' }, 'SCHEMA_REGISTRY_URL: needs an address such as'],
    [{ SCHEMA_REGISTRY_URL: 'http://r/?a=secret' }, 'SCHEMA_REGISTRY_URL: needs an address such as'],
    [{ SCHEMA_REGISTRY_URL: 'http://me:secret@r' }, 'SCHEMA_REGISTRY_URL: must not hold a user or password'],
    [{ SCHEMA_REGISTRY_TOKEN: 'secret\nsecret' }, 'SCHEMA_REGISTRY_TOKEN: needs one word'],
    [{ SCHEMA_REGISTRY_USERNAME: 'secret:x' }, 'SCHEMA_REGISTRY_USERNAME: must not contain a colon'],
  ])('%j is refused without the value', (env, expected) => {
    expect(complaintOf(env)).toContain(expected);
    expect(complaintOf(env)).not.toContain('secret');
  });
});
