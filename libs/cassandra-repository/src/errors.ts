/**
 * What went wrong, stable and in kebab-case. `write-errors.ts` has the table that sorts the errors of the
 * driver and the server into these codes.
 */
export type CassandraErrorCode =
  | 'bad-option'
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
  | 'certificate-refused'
  | 'tls-mismatch'
  | 'unauthorized'
  | 'guardrail'
  | 'refused-request'
  | 'bad-table'
  | 'refused-row'
  | 'unencodable-value'
  | 'unknown-column'
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

/**
 * Who has to act on a failed write:
 * - `data`: the row's own content was refused; it will be again.
 * - `suspect`: the server failed the row when it was written by itself; the row or the server may be at fault.
 * - `retry`: nobody; the same write may succeed later.
 * - `blocked`: an operator; no row can be written until the cluster, schema or configuration is changed.
 */
export type WriteErrorKind = 'data' | 'suspect' | 'retry' | 'blocked';

/** Why one row was not, or not surely, written. */
export class WriteError extends CassandraError {
  override readonly name = 'WriteError';
  readonly kind: WriteErrorKind;

  constructor(code: CassandraErrorCode, kind: WriteErrorKind, message: string, cause?: unknown) {
    super(code, message, {
      retryable: kind === 'retry' || kind === 'suspect',
      ...(cause !== undefined && { cause }),
    });
    this.kind = kind;
  }
}
