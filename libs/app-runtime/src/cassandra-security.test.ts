import { describe, expect, it } from 'vitest';
import { cassandraSecurity, cassandraSecurityProblems } from './cassandra-security.ts';

describe('the settings of a secured Cassandra', () => {
  it('become the options of a session', () => {
    expect(
      cassandraSecurity({
        CASSANDRA_USERNAME: 'writer',
        CASSANDRA_PASSWORD: 'secret',
        CASSANDRA_TLS_CA: 'the authority',
        CASSANDRA_TLS_CERT: 'a certificate',
        CASSANDRA_TLS_KEY: 'its key',
        CASSANDRA_TLS_SERVERNAME: 'cassandra',
      }),
    ).toEqual({
      username: 'writer',
      password: 'secret',
      tls: { ca: 'the authority', cert: 'a certificate', key: 'its key', servername: 'cassandra' },
    });
  });

  it('are no options where none is set: connections are plain', () => {
    expect(cassandraSecurity({})).toEqual({});
  });

  it('are refused where they do not fit together, all of it at once', () => {
    expect(
      cassandraSecurityProblems({
        CASSANDRA_PASSWORD: 'secret',
        CASSANDRA_TLS_CERT: 'a certificate',
        CASSANDRA_TLS_SERVERNAME: 'cassandra',
      }),
    ).toEqual([
      'CASSANDRA_USERNAME: needs the user of CASSANDRA_PASSWORD',
      'CASSANDRA_TLS_CERT and CASSANDRA_TLS_KEY: both or neither',
      'CASSANDRA_TLS_CA: needed with CASSANDRA_TLS_CERT',
      'CASSANDRA_TLS_CA: needed with CASSANDRA_TLS_SERVERNAME',
    ]);
  });
});
