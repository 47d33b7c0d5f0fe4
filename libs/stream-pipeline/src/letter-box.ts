import {
  type DeadLetter,
  DeadLetterQueue,
  type KafkaClient,
  type RecordProducer,
} from '@sluice/kafka-client';

/** The dead-letter queue of one pipeline, connected with the first letter: most pipelines never send one. */
export class LetterBox {
  readonly #options: { readonly kafka: KafkaClient; readonly topic: string; readonly pipeline: string };
  #open: Promise<{ queue: DeadLetterQueue; producer: RecordProducer }> | undefined;

  constructor(options: { readonly kafka: KafkaClient; readonly topic: string; readonly pipeline: string }) {
    this.#options = options;
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    const { queue } = await (this.#open ??= this.#connect());
    await queue.send(letters);
  }

  async close(): Promise<void> {
    const open = await this.#open?.catch(() => undefined);
    await open?.producer.close({ timeoutMs: 0 });
  }

  async #connect(): Promise<{ queue: DeadLetterQueue; producer: RecordProducer }> {
    const { kafka, topic, pipeline } = this.#options;
    try {
      const producer = await kafka.producer();
      return { producer, queue: new DeadLetterQueue({ topic, producer, pipeline }) };
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
  }
}
