import { RecordsUndeliveredError } from './delivery-errors.ts';
import type { ProducerOptions, SendOptions } from './options.ts';
import { ProducerConnection, type ProducerCluster } from './producer-connection.ts';
import type { ProducerRecord } from './record.ts';
import { type LaneOptions, TopicLane } from './topic-lane.ts';

/** Topics whose connections are kept while nothing is sent to them. */
const idleLanes = 32;
const defaultCloseMs = 30_000;

/**
 * Producer with acks=all and idempotence that sends what it is given, in order by topic. Each topic has a {@link TopicLane} to
 * itself: one that is missing, or whose brokers are unavailable, does not hold up the others.
 */
export class RecordProducer {
  readonly #options: LaneOptions;
  readonly #cluster: ProducerCluster;
  readonly #lanes = new Map<string, TopicLane>();
  /** Connected when the producer was opened, for the first topic. */
  #first: ProducerConnection | undefined;
  #isClosed = false;

  /** @internal Use `KafkaClient.producer`. */
  static async open(options: ProducerOptions, cluster: ProducerCluster): Promise<RecordProducer> {
    const connection = new ProducerConnection(cluster, options.onRetry);
    const error = await connection.connect();
    if (!error) return new RecordProducer(options, cluster, connection);
    await connection.disconnect();
    throw error;
  }

  private constructor(options: ProducerOptions, cluster: ProducerCluster, first: ProducerConnection) {
    this.#options = {
      maxRequestBytes: 512 * 1024,
      maxRequestRecords: 2_000,
      deliveryTimeoutMs: 120_000,
      ...options,
    };
    this.#cluster = cluster;
    this.#first = first;
  }

  /**
   * Sends records of one topic, in order. Resolves once every in-sync replica has each of them. While brokers are unavailable
   * it keeps trying for `deliveryTimeoutMs`.
   *
   * @throws RecordsRefusedError naming the records that the broker refuses for their content, or whose partition does not exist; the
   *   others are acknowledged
   * @throws RecordsUndeliveredError `timed-out`, `unknown-topic`, or `closed` when the producer is closed before that: naming the
   *   records that are not acknowledged, those that may be in the topic apart from those that are not
   */
  send(topic: string, records: readonly ProducerRecord[], options: SendOptions = {}): Promise<void> {
    if (this.#isClosed)
      return Promise.reject(
        new RecordsUndeliveredError('closed', 'the producer is closed', {
          unknown: [],
          unsent: records,
          refused: [],
        }),
      );
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#laneOf(topic).send(records, options, resolve, reject);
    });
  }

  /**
   * Sends what is waiting, then disconnects. What is not acknowledged after `timeoutMs` (default 30,000) is given up: its
   * send() fails with `closed`.
   */
  async close({ timeoutMs = defaultCloseMs }: { timeoutMs?: number } = {}): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close(timeoutMs)));
    await this.#first?.disconnect();
  }

  #laneOf(topic: string): TopicLane {
    const known = this.#lanes.get(topic);
    if (known) return known;
    if (this.#lanes.size >= idleLanes) this.#endIdleLane();
    const lane = new TopicLane(topic, this.#options, this.#cluster, this.#first);
    this.#first = undefined;
    this.#lanes.set(topic, lane);
    return lane;
  }

  /** With everything settled it has nothing that a new one would not know. */
  #endIdleLane(): void {
    const idle = [...this.#lanes].find(([, lane]) => lane.isIdle);
    if (!idle) return;
    const [topic, lane] = idle;
    this.#lanes.delete(topic);
    void lane.close(0);
  }
}
