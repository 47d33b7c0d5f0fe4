import { KafkaError, type KafkaErrorCode } from './errors.ts';
import type { ProducerRecord } from './record.ts';

/** A record that cannot be sent, and why. */
export interface RefusedRecord {
  readonly record: ProducerRecord;
  readonly error: KafkaError;
}

/**
 * Some records of a send cannot be sent, mostly for their own content; the others were acknowledged. Its code is
 * `record-refused`, or `unknown-partition` where that is what all of them ask for.
 */
export class RecordsRefusedError extends KafkaError {
  override readonly name = 'RecordsRefusedError';
  readonly refused: readonly RefusedRecord[];

  constructor(refused: readonly RefusedRecord[]) {
    const code = refused.every(({ error }) => error.code === 'unknown-partition')
      ? 'unknown-partition'
      : 'record-refused';
    super(code, `${refused.length} record(s) refused: ${refused[0]?.error.message ?? ''}`, {
      cause: refused[0]?.error,
    });
    this.refused = refused;
  }
}

interface Undelivered {
  readonly unknown: readonly ProducerRecord[];
  readonly unsent: readonly ProducerRecord[];
  readonly refused: readonly RefusedRecord[];
}

/**
 * A send was given up: its time was over (`timed-out`), its topic does not exist (`unknown-topic`), or the producer was closed
 * (`closed`). Records of it that are in none of the three lists were acknowledged.
 */
export class RecordsUndeliveredError extends KafkaError {
  override readonly name = 'RecordsUndeliveredError';
  /** Records that were sent and not acknowledged: they may be in the topic, now or shortly after. */
  readonly unknown: readonly ProducerRecord[];
  /** Records that are not in the topic: none of them was sent. */
  readonly unsent: readonly ProducerRecord[];
  /** Records that cannot be sent; what {@link RecordsRefusedError} would have named. */
  readonly refused: readonly RefusedRecord[];

  constructor(
    code: Extract<KafkaErrorCode, 'timed-out' | 'unknown-topic' | 'closed'>,
    why: string,
    { unknown, unsent, refused }: Undelivered,
    cause?: KafkaError,
  ) {
    const fates = [
      unknown.length > 0 ? `${unknown.length} may be in the topic` : '',
      unsent.length > 0 ? `${unsent.length} were not sent` : '',
    ].filter(Boolean);
    super(
      code,
      `${why}: ${unknown.length + unsent.length} record(s) not acknowledged, ${fates.join(', ')}` +
        (cause && cause.message !== why ? `; the last failure: ${cause.message}` : ''),
      { retryable: true, cause },
    );
    this.unknown = unknown;
    this.unsent = unsent;
    this.refused = refused;
  }
}
