import { setTimeout as delay } from 'node:timers/promises';
import { type ProducerRecord, type RecordProducer, RecordsRefusedError } from '@sluice/kafka-client';
import type { RedriveOptions } from './options.ts';
import type { RedriveTally } from './redrive-tally.ts';

/** What a stop may take to hear of the records that are on their way, ms. */
const stopMs = 5_000;

/** Sends records no faster than the rate, and counts which were acknowledged. */
export class RedriveSender {
  readonly #options: RedriveOptions;
  readonly #tally: RedriveTally;
  readonly #producer: RecordProducer;
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  #nextAt = performance.now();

  static async open(
    options: RedriveOptions,
    tally: RedriveTally,
    signal: AbortSignal,
  ): Promise<RedriveSender> {
    const { kafka, logger } = options;
    const producer = await kafka.producer({
      deliveryTimeoutMs: Infinity,
      onRetry: ({ message }) => {
        logger.debug({ reason: message }, 'sending is tried again');
      },
    });
    return new RedriveSender(options, tally, producer, signal);
  }

  private constructor(
    options: RedriveOptions,
    tally: RedriveTally,
    producer: RecordProducer,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#tally = tally;
    this.#producer = producer;
    this.#signal = signal;
    this.#stop = () => void producer.close({ timeoutMs: stopMs });
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  /**
   * Resolves when every record is acknowledged, or refused for its own content.
   *
   * @throws KafkaError `closed` once the signal has aborted
   */
  async send(records: readonly ProducerRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { topic, logger, rate = Infinity } = this.#options;
    await this.#pace(records.length / rate);
    try {
      // what arrived compressed may fit only so
      await this.#producer.send(topic, records, { compressTooLarge: true });
      this.#tally.sent += records.length;
    } catch (error) {
      if (!(error instanceof RecordsRefusedError)) throw error;
      this.#tally.rejected += error.refused.length;
      this.#tally.sent += records.length - error.refused.length;
      logger.warn(
        { topic, records: error.refused.length, reason: error.message },
        'records are refused by the brokers and stay letters; run with restart once the topic takes them',
      );
    }
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop);
    await this.#producer.close({ timeoutMs: stopMs });
  }

  /** Waits until the records before have taken the time that the rate gives them; an abort ends it. */
  async #pace(seconds: number): Promise<void> {
    const now = performance.now();
    const waitMs = this.#nextAt - now;
    this.#nextAt = Math.max(now, this.#nextAt) + seconds * 1000;
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}
