/**
 * What went wrong, stable and in kebab-case. `write-errors.ts` has the table that sorts the errors of the
 * driver and the server into these codes.
 */
export type CassandraErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'unavailable'
  | 'overloaded'
  | 'server-error'
  | 'write-failure'
  | 'read-failure'
  | 'unprepared'
  | 'schema-disagreement'
  | 'authentication-failed'
  | 'unauthorized'
  | 'guardrail'
  | 'refused-request'
  | 'bad-table'
  | 'refused-row'
  | 'unencodable-value'
  | 'unknown-data-center'
  | 'bad-definition'
  | 'gc-grace-too-short'
  | 'unsupported-partitioner'
  | 'driver-error';

/** Base of every error of this library. */
export class CassandraError extends Error {
  override readonly name: string = 'CassandraError';
  readonly code: CassandraErrorCode;
  /** Whether the same call may succeed later with nothing changed but time. */
  readonly retryable: boolean;

  constructor(code: CassandraErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryable = options.retryable;
  }
}
