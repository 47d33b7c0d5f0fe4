import { type KafkaAdmin, KafkaClient, KafkaError, type PartitionOffsets } from '@sluice/kafka-client';

/** How far the topic, its dead letters and its readers have come since the flow began. */
export class TopicEnds {
  readonly #kafka: KafkaClient;
  readonly #topic: string;
  readonly #dlqTopic: string;
  readonly #groupId: string;
  #admin: KafkaAdmin | undefined;
  #lettersBefore = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#kafka = new KafkaClient({ brokers: (env.KAFKA_BROKERS ?? '').split(','), clientId: 'npm-start' });
    this.#topic = env.KAFKA_TOPIC ?? 'user_records';
    this.#dlqTopic = env.KAFKA_DLQ_TOPIC ?? `${this.#topic}.dlq`;
    this.#groupId = env.KAFKA_GROUP_ID ?? 'stream-writer';
  }

  async open(): Promise<void> {
    this.#admin = await this.#kafka.admin();
    this.#lettersBefore = records(await this.#admin.offsets(this.#dlqTopic));
  }

  /** Whether the group has committed everything that is in the topic; false, too, where no broker answers at present. */
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

  async newDeadLetters(): Promise<number> {
    return records((await this.#admin?.offsets(this.#dlqTopic)) ?? []) - this.#lettersBefore;
  }

  async close(): Promise<void> {
    await this.#admin?.close();
  }
}

function records(offsets: readonly PartitionOffsets[]): number {
  return offsets.reduce((sum, { end }) => sum + end, 0);
}
