import {
  type DeadLetter,
  DeadLetterQueue,
  type KafkaClient,
  type RecordProducer,
} from '@sluice/kafka-client';

import { asFailure } from './errors.ts';
import type { Failure } from './outage.ts';

/** The dead-letter queue of one pipeline, connected with the first letter: most pipelines never send one. */
export class LetterBox {
  readonly #options: { readonly kafka: KafkaClient; readonly topic: string; readonly pipeline: string };
  readonly #waiting = new Set<(failure: Failure) => void>();
  #open: Promise<{ queue: DeadLetterQueue; producer: RecordProducer }> | undefined;

  constructor(options: { readonly kafka: KafkaClient; readonly topic: string; readonly pipeline: string }) {
    this.#options = options;
  }

  /** Resolves once the letters are acknowledged, however long it takes; `onRetry` hears of each attempt that failed. */
  async send(letters: readonly DeadLetter[], onRetry: (failure: Failure) => void): Promise<void> {
    this.#waiting.add(onRetry);
    try {
      const { queue } = await (this.#open ??= this.#connect());
      await queue.send(letters);
    } finally {
      this.#waiting.delete(onRetry);
    }
  }

  async close(): Promise<void> {
    const open = await this.#open?.catch(() => undefined);
    await open?.producer.close({ timeoutMs: 0 });
  }

  async #connect(): Promise<{ queue: DeadLetterQueue; producer: RecordProducer }> {
    const { kafka, topic, pipeline } = this.#options;
    try {
      const producer = await kafka.producer({
        // the watermark stays before its record until a dead letter is acknowledged
        deliveryTimeoutMs: Infinity,
        onRetry: (error) => {
          for (const onRetry of this.#waiting) onRetry(asFailure(error));
        },
      });
      return { producer, queue: new DeadLetterQueue({ topic, producer, pipeline }) };
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
  }
}
