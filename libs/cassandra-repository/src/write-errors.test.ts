import { errors, types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { sortError, wrapError } from './write-errors.ts';

const { responseErrorCodes: server } = types;

function response(code: number, message = 'said the server') {
  return new errors.ResponseError(code, message);
}

function guardrail(name: string) {
  return response(server.invalid, `Guardrail ${name} violated: said the server`);
}

test.each([
  ['unavailable', response(server.unavailableException), 'unavailable', 'retry', false],
  ['overloaded', response(server.overloaded), 'overloaded', 'retry', false],
  ['write timeout', response(server.writeTimeout), 'timeout', 'retry', false],
  ['write failure', response(server.writeFailure), 'write-failure', 'retry', true],
  ['server error', response(server.serverError), 'server-error', 'retry', true],
  ['unknown code', response(0x9999), 'server-error', 'retry', false],
  ['client timeout', new errors.OperationTimedOutError('late'), 'timeout', 'retry', false],
  ['busy connections', new errors.BusyConnectionError('h', 1, 1), 'overloaded', 'retry', false],
  ['socket', Object.assign(new Error('gone'), { isSocketError: true }), 'unreachable', 'retry', false],
  ['invalid', response(server.invalid, 'Batch too large'), 'refused-request', 'suspect', true],
  ['unprepared', response(server.unprepared), 'unprepared', 'suspect', false],
  ['an unknown guardrail', guardrail('x'), 'guardrail', 'blocked', true],
  ['a guardrail in other words', response(server.invalid, 'Guardrail no'), 'guardrail', 'blocked', true],
  ['unauthorized', response(server.unauthorized), 'unauthorized', 'blocked', false],
  ['bad credentials', response(server.badCredentials), 'authentication-failed', 'blocked', false],
  ['authentication', new errors.AuthenticationError('no'), 'authentication-failed', 'blocked', false],
  ['syntax', response(server.syntaxError), 'refused-request', 'blocked', false],
  ['a bug', new TypeError('secret value'), 'driver-error', 'retry', false],
])('sorts %s', (_, error, code, verdict, split) => {
  expect(sortError(error)).toMatchObject({ code, verdict, split });
});

test.each([
  'column_value_size',
  'column_text_value_size',
  'collection_size',
  'collection_map_size',
  'items_per_collection',
  'sai_string_term_size',
  'sai_frozen_term_size',
  'sai_vector_term_size',
  'minimum_timestamp',
  'maximum_timestamp',
])('sorts the guardrail %s as a fault of the row', (name) => {
  expect(sortError(guardrail(name))).toMatchObject({
    code: 'refused-request',
    verdict: 'suspect',
    split: true,
  });
});

test.each([
  'user_timestamps',
  'write_consistency_levels',
  'replica_disk_usage',
  'partition_size',
  'columns_per_table',
  'vector_dimensions',
  'fields_per_udt',
])('sorts the guardrail %s as one of the table or the cluster', (name) => {
  expect(sortError(guardrail(name))).toMatchObject({ code: 'guardrail', verdict: 'blocked', split: true });
});

function noHost(...reasons: unknown[]) {
  return new errors.NoHostAvailableError(
    Object.fromEntries(reasons.map((reason, at) => [`node${at}`, reason])),
  );
}

test.each([
  ['all down', noHost('Host considered as DOWN', null), 'unreachable', 'retry'],
  ['none known', noHost(), 'unreachable', 'retry'],
  ['all busy', noHost(new errors.BusyConnectionError('h', 1, 1)), 'overloaded', 'retry'],
  ['one unprepared', noHost('Host considered as DOWN', response(server.unprepared)), 'unprepared', 'suspect'],
  [
    'a wrong password',
    noHost('Host considered as DOWN', new errors.AuthenticationError('no')),
    'authentication-failed',
    'blocked',
  ],
])('sorts an outage by its reasons: %s', (_, error, code, verdict) => {
  expect(sortError(error)).toMatchObject({ code, verdict });
});

test('keeps the cause, and values that a driver error quotes out of the message', () => {
  const cause = new TypeError('Expected Number, obtained "secret value"');
  const error = wrapError('cannot read ks.t', cause);
  expect(error.cause).toBe(cause);
  expect(error.message).not.toContain('secret');
});
