import type { ConsumedRecord, ProducerRecord } from './record.ts';
import type { RecordProducer } from './record-producer.ts';

/** Where in the pipeline a record failed. */
export type DeadLetterStage = 'source' | 'decode' | 'transform' | 'write';

export interface DeadLetter {
  readonly record: ConsumedRecord;
  readonly stage: DeadLetterStage;
  /** Code as documented by the stage that refused the record; message without any value of the record. */
  readonly error: { readonly code: string; readonly message: string };
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

  /** Resolves once every letter is acknowledged; until then the offset of its record must not be committed. */
  send(letters: readonly DeadLetter[]): Promise<void> {
    return this.#producer.send(
      this.topic,
      letters.map((letter) => this.#toRecord(letter)),
    );
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
