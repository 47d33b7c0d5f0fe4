interface TopicSettings {
  readonly KAFKA_TOPIC: string;
  readonly KAFKA_DLQ_TOPIC?: string | undefined;
}

/** Of Kafka: Topic.MAX_NAME_LENGTH. */
const longestName = 249;

/** The topic of dead letters: the one that is set, or the topic's name with `.dlq` behind it. */
export function deadLetterTopic({ KAFKA_TOPIC, KAFKA_DLQ_TOPIC }: TopicSettings): string {
  return KAFKA_DLQ_TOPIC ?? `${KAFKA_TOPIC}.dlq`;
}

/** What does not fit together in these settings. */
export function deadLetterTopicProblems(config: TopicSettings): string[] {
  const name = deadLetterTopic(config);
  // dead letters would be read as records, without end
  if (name === config.KAFKA_TOPIC) return ['KAFKA_DLQ_TOPIC: needs another topic than KAFKA_TOPIC'];
  if (name.length > longestName)
    return [
      `KAFKA_DLQ_TOPIC: needed with this KAFKA_TOPIC, whose name with .dlq behind it has more than ${longestName} characters`,
    ];
  return [];
}
