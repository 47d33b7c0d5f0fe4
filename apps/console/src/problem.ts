import { CassandraError } from '@sluice/cassandra-repository';
import { KafkaError } from '@sluice/kafka-client';
import { RegistryError } from '@sluice/schema-registry';
import type { Problem } from './contract/common.ts';
import { StateError } from './state-error.ts';

interface ProblemOptions {
  readonly status: number;
  readonly code: string;
  /** What a person can do about it. */
  readonly action: string;
  readonly cause?: unknown;
}

/** What an answer other than 2xx says. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
  readonly status: number;
  readonly code: string;
  readonly action: string;

  constructor(message: string, { status, code, action, cause }: ProblemOptions) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.action = action;
  }

  get problem(): Problem {
    return { code: this.code, message: this.message, action: this.action };
  }
}

export function notFound(what: string, action: string): ConsoleError {
  return new ConsoleError(what, { status: 404, code: 'not-found', action });
}

export function badRequest(what: string, action = 'Mend the request.'): ConsoleError {
  return new ConsoleError(what, { status: 400, code: 'bad-request', action });
}

/** What is masked cannot be looked for: whether something is found would tell what it holds. */
export function keyMasked(topic: string): ConsoleError {
  return new ConsoleError(`keys of ${topic} are masked: no schema says that they are not personal`, {
    status: 403,
    code: 'key-masked',
    action: 'Log in as an operator, reveal personal fields and search again.',
  });
}

export function conflict(code: string, what: string, action: string): ConsoleError {
  return new ConsoleError(what, { status: 409, code, action });
}

const start = 'Start it with `npx nx run infra:up`, or look at its log; the rest of the console goes on.';

/** Errors of the libraries that say that a server is away, rather than that the request was wrong. */
const away = new Set([
  'unreachable',
  'timed-out',
  'timeout',
  'closed',
  'server-error',
  'overloaded',
  'unavailable',
  'authentication-failed',
  'untrusted',
  'unauthorized',
  'forbidden',
  'bad-answer',
  'protocol',
  'not-authorized',
  'read-failure',
]);

/** Any error as the answer it becomes: 503 where a server is away, 404 and 409 where the libraries say so, 500 for a fault here. */
export function toConsoleError(error: unknown): ConsoleError {
  if (error instanceof ConsoleError) return error;
  if (error instanceof StateError)
    return new ConsoleError(error.problem, {
      status: 503,
      code: error.code,
      action: `${error.action.charAt(0).toUpperCase()}${error.action.slice(1)}.`,
      cause: error,
    });
  if (error instanceof KafkaError) return ofKafka(error);
  if (error instanceof CassandraError)
    return ofServer('cassandra', error, { 'bad-table': 'Run `npx nx run stream-writer:migrate`.' });
  if (error instanceof RegistryError) return ofRegistry(error);
  return new ConsoleError('the console failed on this request', {
    status: 500,
    code: 'internal',
    action: 'Its log says why; try again.',
    cause: error,
  });
}

function ofKafka(error: KafkaError): ConsoleError {
  if (error.code === 'unknown-topic')
    return new ConsoleError(error.message, {
      status: 404,
      code: 'unknown-topic',
      action: 'Create it with `npx nx run stream-writer:migrate`, or look for another name.',
      cause: error,
    });
  if (error.code === 'group-active')
    return new ConsoleError(error.message, {
      status: 409,
      code: 'group-active',
      action: 'Stop the members of the group, then try again.',
      cause: error,
    });
  return ofServer('kafka', error);
}

function ofRegistry(error: RegistryError): ConsoleError {
  const cause = error;
  if (error.code.endsWith('-not-found'))
    return new ConsoleError(error.message, {
      status: 404,
      code: error.code,
      action: 'Look for another name.',
      cause,
    });
  if (error.code === 'invalid-schema' || error.code === 'not-avro')
    return new ConsoleError(error.message, {
      status: 400,
      code: error.code,
      action: 'Mend the schema.',
      cause,
    });
  return ofServer('registry', error);
}

function ofServer(
  server: string,
  error: Error & { readonly code: string },
  actions: Readonly<Record<string, string>> = {},
): ConsoleError {
  return new ConsoleError(error.message, {
    status: 503,
    code: `${server}-${error.code}`,
    action: actions[error.code] ?? (away.has(error.code) ? start : 'The message says what is missing.'),
    cause: error,
  });
}
