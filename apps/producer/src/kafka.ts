import { kafkaSecurity, untilReachable } from '@sluice/app-runtime';
import { HybridClock, KafkaClient, type RecordProducer } from '@sluice/kafka-client';
import type { Logger, SourceMetrics } from '@sluice/telemetry';
import type { ProducerConfig } from './config.ts';
import type { Readiness } from './readiness.ts';

interface Around {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly metrics: SourceMetrics;
  readonly readiness: Readiness;
}

/**
 * A connected producer, as soon as the brokers answer.
 * @throws TopicMissing
 * @throws StoppedWaitingError when the signal is aborted before that
 */
export async function openProducer(config: ProducerConfig, around: Around): Promise<RecordProducer> {
  const { logger, metrics, readiness } = around;
  const kafka = new KafkaClient({
    brokers: config.KAFKA_BROKERS,
    clientId: 'producer',
    logger,
    ...kafkaSecurity(config),
  });
  const open = async () => {
    await requireTopics(kafka, [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC]);
    return kafka.producer({
      writeTimestamps: new HybridClock(),
      // a user that was fetched is sent, however long Kafka is unavailable; SHUTDOWN_TIMEOUT bounds it after a signal
      deliveryTimeoutMs: Infinity,
      onRetry: (error) => {
        metrics.retriesTotal.inc({ target: 'kafka', code: codeOf(error) });
        readiness.set('kafka', codeOf(error));
        logger.warn({ reason: error.message }, 'users were not acknowledged, sending them again');
      },
    });
  };
  const producer = await untilReachable(open, {
    what: `Kafka at ${config.KAFKA_BROKERS.join(', ')}`,
    hint: 'Start it with `npx nx run infra:up`, or set KAFKA_BROKERS.',
    logger,
    signal: around.signal,
    onFailure: (error) => {
      readiness.set('kafka', codeOf(error));
    },
  });
  readiness.set('kafka', undefined);
  return producer;
}

/** Only `migrate` creates topics: one that is missing is more likely a wrong name. */
async function requireTopics(kafka: KafkaClient, topics: readonly string[]): Promise<void> {
  const admin = await kafka.admin();
  try {
    await admin.requireRights(topics.map((name) => ({ resource: 'topic', name, operation: 'write' })));
    const there = await admin.topics();
    const missing = topics.find((topic) => !there.includes(topic));
    if (missing !== undefined) throw new TopicMissing(missing);
  } finally {
    await admin.close();
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : 'failed';
}

class TopicMissing extends Error {
  override readonly name = 'TopicMissing';
  readonly code = 'unknown-topic';

  constructor(topic: string) {
    super(
      `topic ${topic} does not exist. Run \`npx nx run stream-writer:migrate\`, or set KAFKA_TOPIC (KAFKA_DLQ_TOPIC for dead letters).`,
    );
  }
}
