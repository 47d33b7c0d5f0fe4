import type { ICustomPartitioner, Message, Producer } from 'kafkajs';
import { compressionTypes } from './compression-types.ts';
import { KafkaError, toKafkaError } from './errors.ts';
import type { Compression, ProducerOptions } from './options.ts';

export interface ProducerCluster {
  readonly partitioner: ReturnType<ICustomPartitioner>;
  readonly create: (partitioner: ICustomPartitioner) => Producer;
  /** How many partitions a topic has. @throws KafkaError `unknown-topic`, `unreachable` and others */
  readonly countPartitions: (topic: string) => Promise<number>;
}

/** A producer of kafkajs, replaced by a new one after each error that surfaced. */
export class ProducerConnection {
  readonly #cluster: ProducerCluster;
  readonly #onRetry: ProducerOptions['onRetry'];
  /**
   * Partition of each message of the request under way. A repeated attempt must not move a record, one without a key or one whose
   * topic got partitions in between: two copies of a record in one partition have an order, in two they have none.
   */
  readonly #chosen = new Map<Message, number>();
  #producer: Producer;
  #connected = false;

  constructor(cluster: ProducerCluster, onRetry: ProducerOptions['onRetry']) {
    this.#cluster = cluster;
    this.#onRetry = onRetry;
    this.#producer = this.#newProducer();
  }

  /**
   * Connects the producer where it is not. A kafkajs producer sends even when it could not get its producer id, and then
   * without idempotence: nothing is sent before this has succeeded.
   */
  async connect(): Promise<KafkaError | undefined> {
    if (this.#connected) return undefined;
    try {
      await this.#producer.connect();
      this.#connected = true;
      return undefined;
    } catch (error) {
      const { code, message } = toKafkaError(error, 'connecting the producer');
      return new KafkaError(code, message, { retryable: true, cause: error });
    }
  }

  async send(topic: string, messages: Message[], compression: Compression): Promise<KafkaError | undefined> {
    try {
      const acknowledged = await this.#producer.send({
        topic,
        acks: -1,
        compression: compressionTypes[compression],
        messages,
      });
      // When a leader moves between two attempts, kafkajs can report success without having sent its partitions.
      const partitions = new Set(acknowledged.map(({ partition }) => partition));
      const chosen = messages.flatMap((message) => this.#chosen.get(message) ?? []);
      if (chosen.every((partition) => partitions.has(partition))) return undefined;
      return new KafkaError('protocol', `sending to ${topic}: a partition was not acknowledged`, {
        retryable: true,
      });
    } catch (error) {
      return toKafkaError(error, `sending ${messages.length} record(s) to topic ${topic}`);
    }
  }

  /** The next messages are not those before, sent again. */
  forgetPartitions(): void {
    this.#chosen.clear();
  }

  /** After an error that surfaced, the sequence of the old producer can no longer be trusted. */
  async renew(): Promise<void> {
    await this.disconnect();
    this.#producer = this.#newProducer();
    this.#connected = false;
  }

  async disconnect(): Promise<void> {
    await this.#producer
      .disconnect()
      .catch((error: unknown) => this.#onRetry?.(toKafkaError(error, 'disconnecting the producer')));
  }

  #newProducer(): Producer {
    return this.#cluster.create(() => (args) => {
      const known = this.#chosen.get(args.message);
      // a topic that was recreated may have fewer
      const exists = args.partitionMetadata.some(({ partitionId }) => partitionId === known);
      if (known !== undefined && exists) return known;
      const partition = this.#cluster.partitioner(args);
      this.#chosen.set(args.message, partition);
      return partition;
    });
  }
}
