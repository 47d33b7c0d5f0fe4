import { KafkaError } from './errors.ts';
import type { ConsumedRecord, ProducerRecord } from './record.ts';
import { type RecordProducer, RecordsRefusedError } from './record-producer.ts';

/** Where in the pipeline a record failed. */
export type DeadLetterStage = 'source' | 'decode' | 'transform' | 'write';

export interface DeadLetter {
  readonly record: ConsumedRecord;
  readonly stage: DeadLetterStage;
  /** Code as documented by the stage that refused the record; message without any value of the record. */
  readonly error: { readonly code: string; readonly message: string };
}

/** Some letters cannot be sent, mostly because the topic takes no message of their size; the others were acknowledged. */
export class LettersRefusedError extends KafkaError {
  override readonly name = 'LettersRefusedError';
  /** What is still to be sent, and all that may be: a letter that was acknowledged would be there twice. */
  readonly refused: readonly DeadLetter[];

  constructor(refused: readonly DeadLetter[], cause: KafkaError) {
    super(cause.code, cause.message, { retryable: cause.retryable, cause });
    this.refused = refused;
  }
}

/** Headers that a dead letter has beside the record's own. Numbers are ASCII decimal, the timestamp is in ms. */
export const deadLetterHeaders = {
  stage: 'dlq.stage',
  errorCode: 'dlq.error.code',
  errorMessage: 'dlq.error.message',
  sourceTopic: 'dlq.source.topic',
  sourcePartition: 'dlq.source.partition',
  sourceOffset: 'dlq.source.offset',
  sourceTimestamp: 'dlq.source.timestamp',
  pipeline: 'dlq.pipeline',
} as const;

/**
 * Sends records that cannot be processed to a topic of their own: key, value and headers byte for byte, and headers
 * that say where they came from and why. A letter can be there twice after a crash; source topic, partition and offset tell.
 */
export class DeadLetterQueue {
  readonly topic: string;
  readonly #producer: RecordProducer;
  readonly #pipeline: string;

  constructor(options: {
    readonly topic: string;
    readonly producer: RecordProducer;
    readonly pipeline: string;
  }) {
    this.topic = options.topic;
    this.#producer = options.producer;
    this.#pipeline = options.pipeline;
  }

  /**
   * Resolves once every letter is acknowledged; until then the offset of its record must not be committed.
   *
   * @throws LettersRefusedError naming the letters that the broker refuses; the others are acknowledged
   * @throws KafkaError `closed` when the producer is closed before that
   */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    const records = letters.map((letter) => this.#toRecord(letter));
    try {
      await this.#producer.send(this.topic, records);
    } catch (error) {
      if (!(error instanceof RecordsRefusedError)) throw error;
      const refused = new Set(error.refused.map(({ record }) => record));
      throw new LettersRefusedError(
        letters.filter((_, i) => refused.has(records[i] as ProducerRecord)),
        error,
      );
    }
  }

  #toRecord({ record, stage, error }: DeadLetter): ProducerRecord {
    const about: Record<keyof typeof deadLetterHeaders, string> = {
      stage,
      errorCode: error.code,
      errorMessage: error.message,
      sourceTopic: record.topic,
      sourcePartition: String(record.partition),
      sourceOffset: String(record.offset),
      sourceTimestamp: String(record.timestamp),
      pipeline: this.#pipeline,
    };
    const headers = (Object.keys(about) as (keyof typeof about)[]).map(
      (name) => [deadLetterHeaders[name], Buffer.from(about[name])] as const,
    );
    return { key: record.key, value: record.value, headers: [...record.headers, ...headers] };
  }
}
