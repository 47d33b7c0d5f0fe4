import type { DeadLetterStage } from '@sluice/kafka-client';
import type { Refusal } from './options.ts';

/** Base of the errors of this library. Codes: `abandoned`, `bad-option`, `bad-target`, of a held record
 * why it is held, and of a refused one the code of its dead letter. */
export class PipelineError extends Error {
  override readonly name: string = 'PipelineError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retryable = retryable;
  }
}

/**
 * A record is refused for its own content. `code` is the dead letter's code (`latitude:out-of-range`); neither it nor the
 * message holds a value of the record.
 */
export class RecordRefusal extends PipelineError implements Refusal {
  override readonly name = 'RecordRefusal';
  readonly stage: DeadLetterStage;

  constructor(stage: DeadLetterStage, code: string, message: string, cause?: unknown) {
    super(code, message, { cause });
    this.stage = stage;
  }
}

/**
 * A record cannot be decoded yet: its schema is being looked up, the registry is away, or a person has to act. It is neither
 * refused nor passed over: whoever holds it decodes it again, once `until` resolves, or after a while where there is none.
 */
export class RecordHeld extends PipelineError {
  override readonly name = 'RecordHeld';
  /** Resolves, and never rejects, when what the record waits for has an answer, whatever it is. */
  readonly until: Promise<void> | undefined;

  constructor(
    code: string,
    message: string,
    { until, cause }: { readonly until?: Promise<void>; readonly cause?: unknown } = {},
  ) {
    super(code, message, { retryable: true, cause });
    this.until = until;
  }
}

/** The work was given up because the pipeline stops; its records are read again after the next start. */
export class AbandonedError extends PipelineError {
  override readonly name = 'AbandonedError';

  constructor() {
    super('abandoned', 'given up because the pipeline stops', { retryable: true });
  }
}

/** Code and message of whatever was thrown, for logs, metrics and readiness. */
export function asFailure(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return { code, message: error.message };
}
