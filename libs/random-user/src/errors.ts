/**
 * What went wrong:
 * - `bad-options`: the client was given something that cannot work
 * - `source-unreachable`: no connection, or it broke before an answer came
 * - `source-timeout`: no connection, answer or further part of it within `timeoutMs`
 * - `source-rate-limited`: 429
 * - `source-unavailable`: 5xx
 * - `source-bad-answer`: 200 with an error in it, cut short, or not the JSON of a page
 * - `source-refused`: any other status; asking again the same way would not help
 * - `client-closed`: the client was closed
 */
export type RandomUserErrorCode =
  | 'bad-options'
  | 'client-closed'
  | 'source-unreachable'
  | 'source-timeout'
  | 'source-rate-limited'
  | 'source-unavailable'
  | 'source-bad-answer'
  | 'source-refused';

export interface RandomUserErrorOptions extends ErrorOptions {
  /** The HTTP status, where an answer came. */
  readonly status?: number | undefined;
  /** What the server's Retry-After asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const FINAL: ReadonlySet<RandomUserErrorCode> = new Set(['bad-options', 'client-closed', 'source-refused']);

/** The base of every error of this library. */
export class RandomUserError extends Error {
  readonly code: RandomUserErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: RandomUserErrorCode, message: string, options: RandomUserErrorOptions = {}) {
    super(message, options);
    this.name = 'RandomUserError';
    this.code = code;
    this.retryable = !FINAL.has(code);
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
