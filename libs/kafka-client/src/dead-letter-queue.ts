import { RecordsRefusedError } from './delivery-errors.ts';
import { isTooLarge, KafkaError, protocolErrorType } from './errors.ts';
import type { ConsumedRecord, ProducerRecord, RecordHeader } from './record.ts';
import type { RecordProducer } from './record-producer.ts';
import { shortenedForms } from './shortened-letter.ts';

/** Where in the pipeline a record failed. */
export type DeadLetterStage = 'source' | 'decode' | 'transform' | 'write';

export interface DeadLetter {
  readonly record: ConsumedRecord;
  readonly stage: DeadLetterStage;
  /** Code as documented by the stage that refused the record; message without any value of the record. */
  readonly error: { readonly code: string; readonly message: string };
}

/** The topic takes some dead letters in no form, mostly for its settings; the others were acknowledged. */
export class LettersRefusedError extends KafkaError {
  override readonly name = 'LettersRefusedError';
  /** What is still to be sent, and all that may be: a dead letter that was acknowledged would be in the topic twice. */
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
  /** Left out where the brokers have no topic ids. */
  sourceTopicId: 'dlq.source.topic.id',
  sourcePartition: 'dlq.source.partition',
  sourceOffset: 'dlq.source.offset',
  sourceTimestamp: 'dlq.source.timestamp',
  pipeline: 'dlq.pipeline',
} as const;

type Form = Pick<ProducerRecord, 'key' | 'value' | 'headers'>;

interface Refusal {
  readonly letter: DeadLetter;
  readonly error: KafkaError;
}

/**
 * Sends records that cannot be processed to a topic of their own: key, value and headers byte for byte, and headers
 * that say where they came from and why. A dead letter can be in the topic twice after a crash; source topic id,
 * partition and offset identify it.
 *
 * What the topic refuses for its size is sent by itself and compressed, then with its value, its key and its headers shortened,
 * in that order (`dlq.shortened`): the whole record is still in the source topic. A record that is in no topic (partition -1) is
 * never shortened.
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
   * Resolves once every dead letter is acknowledged; until then the offset of its record must not be committed.
   *
   * @throws LettersRefusedError naming the dead letters that the topic takes in no form; the others are acknowledged. Its code is
   *   `compacted-topic` where the topic is compacted and a record has no key
   * @throws RecordsUndeliveredError when the producer gives them up: give it no deadline (`deliveryTimeoutMs: Infinity`), or send all of
   *   them again, those that were acknowledged as well
   */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    const left: Refusal[] = [];
    for (const refused of await this.#attempt(letters, ({ record }) => record)) {
      const stillRefused = await this.#sendShortened(refused);
      if (stillRefused) left.push(stillRefused);
    }
    const [first] = left;
    if (!first) return;
    throw new LettersRefusedError(
      left.map(({ letter }) => letter),
      this.#explain(first),
    );
  }

  /** Undefined once a shorter form is acknowledged. */
  async #sendShortened(refused: Refusal): Promise<Refusal | undefined> {
    const { letter } = refused;
    if (letter.record.partition < 0 || !isTooLarge(refused.error)) return refused;
    let last = refused;
    for (const form of shortenedForms(letter.record)) {
      const [again] = await this.#attempt([letter], () => form);
      if (!again || !isTooLarge(again.error)) return again;
      last = again;
    }
    return last;
  }

  /** Resolves with what is refused, in the order given. */
  async #attempt(
    letters: readonly DeadLetter[],
    formOf: (letter: DeadLetter) => Form,
  ): Promise<readonly Refusal[]> {
    const records = letters.map((letter) => this.#toRecord(letter, formOf(letter)));
    try {
      await this.#producer.send(this.topic, records, { compressTooLarge: true });
      return [];
    } catch (error) {
      if (!(error instanceof RecordsRefusedError)) throw error;
      const errors = new Map(error.refused.map((refused) => [refused.record, refused.error]));
      return letters.flatMap((letter, i) => {
        const reason = errors.get(records[i] as ProducerRecord);
        return reason ? [{ letter, error: reason }] : [];
      });
    }
  }

  #explain({ letter, error }: Refusal): KafkaError {
    // brokers answer so to a record without a key in a compacted topic, and to nothing else that this client sends
    if (letter.record.key !== null || protocolErrorType(error) !== 'INVALID_RECORD') return error;
    return new KafkaError(
      'compacted-topic',
      `topic ${this.topic} takes no dead letter without a key, as a compacted topic does: set its cleanup.policy to delete`,
      { cause: error },
    );
  }

  #toRecord({ record, stage, error }: DeadLetter, { key, value, headers = [] }: Form): ProducerRecord {
    const about: Record<keyof typeof deadLetterHeaders, string | undefined> = {
      stage,
      errorCode: error.code,
      errorMessage: error.message,
      sourceTopic: record.topic,
      sourceTopicId: record.topicId,
      sourcePartition: String(record.partition),
      sourceOffset: String(record.offset),
      sourceTimestamp: String(record.timestamp),
      pipeline: this.#pipeline,
    };
    const added = (Object.keys(about) as (keyof typeof about)[]).flatMap((name): RecordHeader[] => {
      const text = about[name];
      return text === undefined ? [] : [[deadLetterHeaders[name], Buffer.from(text)]];
    });
    return { key, value, headers: [...headers, ...added] };
  }
}
