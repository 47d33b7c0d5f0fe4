import { randomUUID } from 'node:crypto';
import { type BatchConsumer, type KafkaAdmin, KafkaClient, KafkaError } from '@sluice/kafka-client';

/** How far the topic, its dead letters and its readers have come since the flow began. */
export class TopicEnds {
  readonly #kafka: KafkaClient;
  readonly #topic: string;
  readonly #dlqTopic: string;
  readonly #groupId: string;
  #admin: KafkaAdmin | undefined;
  #lettersBefore: ReadonlyMap<number, number> = new Map();

  constructor(env: NodeJS.ProcessEnv) {
    this.#kafka = new KafkaClient({ brokers: (env.KAFKA_BROKERS ?? '').split(','), clientId: 'npm-start' });
    this.#topic = env.KAFKA_TOPIC ?? 'user_records';
    this.#dlqTopic = env.KAFKA_DLQ_TOPIC ?? `${this.#topic}.dlq`;
    this.#groupId = env.KAFKA_GROUP_ID ?? 'stream-writer';
  }

  async open(): Promise<void> {
    this.#admin = await this.#kafka.admin();
    const letters = await this.#admin.offsets(this.#dlqTopic);
    this.#lettersBefore = new Map(letters.map(({ partition, end }) => [partition, end]));
  }

  /**
   * Whether the group has committed everything that can be read of the topic, up to the last stable offset; false, too, where no broker answers
   * at present.
   */
  async settled(): Promise<boolean> {
    try {
      const lag = (await this.#admin?.lag(this.#groupId, this.#topic)) ?? [];
      return lag.every((partition) => partition.lag === 0);
    } catch (error) {
      // asked again soon; the writer's status says what is wrong
      if (error instanceof KafkaError && error.retryable) return false;
      throw error;
    }
  }

  /** How many of these keys have a dead letter since the flow began: a letter of another record accounts for none of them. */
  async newDeadLettersOf(keys: ReadonlySet<string>): Promise<number> {
    const ends = (await this.#admin?.offsets(this.#dlqTopic)) ?? [];
    const expected = ends.filter(({ partition, end }) => end > (this.#lettersBefore.get(partition) ?? 0));
    if (keys.size === 0 || expected.length === 0) return 0;

    const found = new Set<string>();
    const unread = new Map(expected.map(({ partition, end }) => [partition, end]));
    let opened: Promise<BatchConsumer> | undefined;
    await new Promise<void>((resolve, reject) => {
      opened = this.#kafka.consumer(
        { topic: this.#dlqTopic, groupId: `npm-start-${randomUUID()}` },
        {
          assigned: () => undefined,
          batch: ({ partition, records, nextOffset }) => {
            for (const { key, offset } of records)
              if (offset >= (this.#lettersBefore.get(partition) ?? 0) && keys.has(String(key)))
                found.add(String(key));
            if (nextOffset >= (unread.get(partition) ?? 0)) unread.delete(partition);
            if (unread.size === 0) resolve();
            return Promise.resolve();
          },
          failed: reject,
        },
      );
      opened.catch(reject);
    });
    await (await opened)?.stop();
    return found.size;
  }

  async close(): Promise<void> {
    await this.#admin?.close();
  }
}
