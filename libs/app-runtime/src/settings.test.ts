import { describe, expect, it } from 'vitest';
import {
  brokerList,
  cassandraSettings,
  duration,
  hostList,
  integer,
  kafkaSettings,
  serviceSettings,
} from './settings.ts';

describe('settings', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10 s', 10_000],
    ['1.5m', 90_000],
    [' 1h ', 3_600_000],
    ['7d', 604_800_000],
  ])('read the duration %j as %d ms', (text, ms) => {
    expect(duration.parse(text)).toBe(ms);
  });

  it.each(['10', 's', '-1s', '1 week', '1s1s', '1e3s', 'Infinity s'])('refuse the duration %j', (text) => {
    expect(duration.safeParse(text).error?.issues).toMatchObject([
      { message: 'needs a duration such as 500ms, 10s, 5m or 1h' },
    ]);
  });

  it('read brokers by host name and IPv4 address', () => {
    expect(brokerList.parse('kafka:9092, 10.0.0.1:19092,')).toEqual(['kafka:9092', '10.0.0.1:19092']);
  });

  it('refuse brokers by IPv6 address, which no connection would be made to, and say what to give instead', () => {
    for (const text of ['[::1]:9092', 'kafka:9092,[fe80::1]:9092'])
      expect(brokerList.safeParse(text).error?.issues).toMatchObject([
        { message: 'takes no IPv6 addresses such as [::1]:9092: give a host name that has the address' },
      ]);
  });

  it.each(['kafka', 'kafka:', ':9092', 'kafka:0', 'kafka:65536', 'http://kafka:9092', '::1:9092', ' , '])(
    'refuse the brokers %j',
    (text) => {
      expect(brokerList.safeParse(text).success).toBe(false);
    },
  );

  it('read hosts, and refuse none and addresses of the web', () => {
    expect(hostList.parse('a, b')).toEqual(['a', 'b']);
    expect(hostList.safeParse(',').success).toBe(false);
    expect(hostList.safeParse('http://a').success).toBe(false);
  });

  it.each(['0', '10', '1.5', '1e0', '-1', ' 1', 'x'])('refuse %j as a whole number from 1 to 9', (text) => {
    expect(integer({ min: 1, max: 9 }).safeParse(text).success).toBe(false);
  });

  it.each(['.', '..', 'a b', 'ü', 'x'.repeat(250)])('refuse the topic %j', (topic) => {
    expect(kafkaSettings.KAFKA_TOPIC.safeParse(topic).success).toBe(false);
  });

  it.each(['x; DROP KEYSPACE y', '"quoted"', 'x'.repeat(49)])('refuse the keyspace %j', (keyspace) => {
    expect(cassandraSettings.CASSANDRA_KEYSPACE.safeParse(keyspace).success).toBe(false);
  });

  it('have defaults of a service', () => {
    expect(serviceSettings.LOG_LEVEL.parse(undefined)).toBe('info');
    expect(serviceSettings.SHUTDOWN_TIMEOUT.parse(undefined)).toBe(10_000);
  });
});
