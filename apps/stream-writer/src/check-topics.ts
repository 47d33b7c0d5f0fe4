import { type KafkaAdmin, KafkaError } from '@sluice/kafka-client';
import type { WriterConfig } from './config.ts';
import { describeTopics } from './migrate.ts';

export interface MissingPart {
  readonly kind: 'topic' | 'table' | 'subject';
  /** What is missing or not as it has to be, in a sentence. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

export const runMigrate =
  'run `npx nx run stream-writer:migrate` (or `main.js migrate`), or fix the configuration';

export interface TopicCheck {
  readonly missing: readonly MissingPart[];
  /** Settings that weaken a promise; nothing fails for them. */
  readonly warnings: readonly TopicWarning[];
}

interface TopicWarning {
  readonly topic: string;
  readonly message: string;
}

/** Whether the topic and its dead-letter topic exist, and what weakens a promise in their settings. */
export async function checkTopics(
  admin: Pick<KafkaAdmin, 'topics' | 'topicConfig' | 'partitions' | 'brokerCount'>,
  config: WriterConfig,
): Promise<TopicCheck> {
  const wanted = [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC];
  const topics = await admin.topics();
  const missing = wanted
    .filter((topic) => !topics.includes(topic))
    .map((topic) => ({ kind: 'topic' as const, message: `there is no topic ${topic}`, fix: runMigrate }));
  if (missing.length > 0) return { missing, warnings: [] };
  try {
    const described = await describeTopics(admin, config);
    const warnings = described.flatMap(({ topic, warnings }) =>
      warnings.map((message) => ({ topic, message })),
    );
    return { missing, warnings };
  } catch (error) {
    // Who only looks whether it can work need not be allowed to read settings (DESCRIBE_CONFIGS).
    if (!(error instanceof KafkaError) || error.code !== 'not-authorized') throw error;
    const message = `its settings are not checked, which needs DESCRIBE_CONFIGS: ${error.message}`;
    return { missing, warnings: wanted.map((topic) => ({ topic, message })) };
  }
}
