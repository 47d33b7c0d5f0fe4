import { expect, it } from 'vitest';
import { type KafkaOptions, KafkaClient } from './index.ts';
import { toConnectionError } from './connection-failure.ts';

const clientWith = (brokers: unknown) => () =>
  new KafkaClient({ brokers, clientId: 'tests' } as unknown as KafkaOptions);

it.each([
  ['a text', '127.0.0.1:9092'],
  ['nothing', undefined],
  ['none', []],
  ['one without a port', ['127.0.0.1:9092', 'kafka']],
  ['one with a port that does not exist', ['127.0.0.1:99999']],
  ['port 0', ['127.0.0.1:0']],
  ['an address', ['kafka://127.0.0.1:9092']],
  ['an IPv6 address', ['[::1]:9092']],
  ['something else than text', [9092]],
])('brokers that are %s are refused at once, by the name of the option', (_what, brokers) => {
  expect(clientWith(brokers)).toThrow(
    expect.objectContaining({
      code: 'bad-option',
      retryable: false,
      message: expect.stringMatching(/^brokers .*host:port/),
    }),
  );
});

it('names the broker that is wrong', () => {
  expect(clientWith(['127.0.0.1:9092', 'kafka'])).toThrow('wrong: kafka');
});

it('credentials that are refused when connecting are not worth another attempt', () => {
  const refused = Object.assign(new Error('bad'), { name: 'KafkaJSSASLAuthenticationError' });
  const sasl = { mechanism: 'plain', username: 'ada', password: 'hidden' } as const;
  expect(toConnectionError(refused, { brokers: ['k:9092'], sasl })).toMatchObject({
    code: 'authentication-failed',
    retryable: false,
    message: expect.stringContaining('check the user ada and its password (sasl.username, sasl.password)'),
  });
  expect(toConnectionError(refused, { brokers: ['k:9092'] })).toMatchObject({ retryable: false });
});
