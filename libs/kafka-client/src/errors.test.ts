import { describe, expect, it } from 'vitest';
import { KafkaError, protocolErrorType, toKafkaError } from './errors.ts';

/** An error as kafkajs throws it: a name, sometimes the protocol's type, and what it wraps. */
function thrown(name: string, fields: Record<string, unknown> = {}, cause?: Error): Error {
  return Object.assign(new Error(`${name} happened`, cause ? { cause } : {}), { name, ...fields });
}

const protocol = (type: string, retriable = false) => thrown('KafkaJSProtocolError', { type, retriable });

describe('an error of kafkajs becomes', () => {
  it.each([
    ['unknown-topic', true, protocol('UNKNOWN_TOPIC_OR_PARTITION')],
    ['not-authorized', true, protocol('TOPIC_AUTHORIZATION_FAILED')],
    ['not-authorized', true, protocol('GROUP_AUTHORIZATION_FAILED')],
    ['not-authorized', true, protocol('CLUSTER_AUTHORIZATION_FAILED')],
    ['authentication-failed', true, protocol('SASL_AUTHENTICATION_FAILED')],
    ['authentication-failed', true, protocol('UNSUPPORTED_SASL_MECHANISM')],
    ['authentication-failed', true, thrown('KafkaJSSASLAuthenticationError', { retriable: false })],
    ['foreign-member', true, protocol('INCONSISTENT_GROUP_PROTOCOL')],
    ['record-refused', false, protocol('MESSAGE_TOO_LARGE')],
    ['record-refused', false, protocol('INVALID_TIMESTAMP')],
    ['record-refused', false, protocol('INVALID_RECORD')],
    ['offset-out-of-range', false, protocol('OFFSET_OUT_OF_RANGE')],
    ['protocol', true, protocol('OUT_OF_ORDER_SEQUENCE_NUMBER')],
    ['protocol', true, protocol('UNKNOWN_PRODUCER_ID')],
    ['protocol', true, protocol('UNKNOWN')],
    ['protocol', true, protocol('NOT_ENOUGH_REPLICAS', true)],
    ['protocol', false, protocol('INVALID_TOPIC_EXCEPTION')],
    ['unreachable', true, thrown('KafkaJSConnectionError')],
    ['unreachable', true, thrown('KafkaJSConnectionClosedError')],
    ['unreachable', true, thrown('KafkaJSNoBrokerAvailableError')],
    ['timed-out', true, thrown('KafkaJSRequestTimeoutError')],
    ['protocol', false, new TypeError('not a buffer')],
    ['protocol', false, 'a string'],
  ])('%s (retryable: %s) for %s', (code, retryable, error) => {
    expect(toKafkaError(error, 'doing')).toMatchObject({ code, retryable, cause: error });
  });
});

it('the reason is found through whatever it is wrapped in, and named after what was tried', () => {
  const reason = protocol('MESSAGE_TOO_LARGE');
  const wrapped = thrown('KafkaJSNumberOfRetriesExceeded', { retriable: false }, thrown('Other', {}, reason));
  expect(toKafkaError(wrapped, 'sending to topic t')).toMatchObject({
    code: 'record-refused',
    message: 'sending to topic t: KafkaJSProtocolError happened',
  });
  expect(protocolErrorType(wrapped)).toBe('MESSAGE_TOO_LARGE');
  expect(protocolErrorType(thrown('Other', { originalError: reason }))).toBe('MESSAGE_TOO_LARGE');
});

it('the address of a broker is named whose name does not resolve', () => {
  const reason = thrown('KafkaJSConnectionError', { code: 'ENOTFOUND', broker: 'kafka.invalid:9092' });
  expect(toKafkaError(reason, 'sending to topic t')).toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('kafka.invalid:9092'),
  });
});

it('an error that is sorted already stays as it is', () => {
  const sorted = new KafkaError('closed', 'closed');
  expect(toKafkaError(sorted, 'doing')).toBe(sorted);
});

it('a circle of causes ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(toKafkaError(error, 'doing').code).toBe('protocol');
});
