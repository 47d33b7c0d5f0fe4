export type LocalStackErrorCode =
  | 'port-taken'
  | 'java-missing'
  | 'java-unsupported'
  | 'maven-missing'
  | 'download-failed'
  | 'environment-missing'
  | 'already-running'
  | 'owned-elsewhere'
  | 'state-unreadable'
  | 'state-unwritable'
  | 'unknown-service'
  | 'unsupported'
  | 'service-died'
  | 'start-timeout'
  | 'aborted';

const RETRYABLE: ReadonlySet<LocalStackErrorCode> = new Set(['download-failed', 'start-timeout']);

/** Every error of this library. The message says what happened, where, and what to do about it. */
export class LocalStackError extends Error {
  override readonly name = 'LocalStackError';
  /** Stable, kebab-case. */
  readonly code: LocalStackErrorCode;
  /** True when the same call may succeed later without anything being changed. */
  readonly retryable: boolean;

  constructor(code: LocalStackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}
