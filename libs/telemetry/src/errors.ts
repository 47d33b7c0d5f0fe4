/** Stable names of what can go wrong in this library. */
export type TelemetryErrorCode = 'health-server-failed' | 'bad-observation';

/** The base of every error of this library. */
export class TelemetryError extends Error {
  readonly code: TelemetryErrorCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable = false;

  constructor(code: TelemetryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TelemetryError';
    this.code = code;
  }
}
