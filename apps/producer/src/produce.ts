import { exitLate, StoppedWaitingError } from '@sluice/app-runtime';
import { DeadLetterQueue, KafkaError } from '@sluice/kafka-client';
import { RandomUserClient, type RandomUserPage } from '@sluice/random-user';
import {
  createLogger,
  createSourceMetrics,
  type Logger,
  type SourceMetrics,
  startHealthServer,
} from '@sluice/telemetry';
import type { ProducerConfig } from './config.ts';
import type { KeysFile } from './keys-file.ts';
import { openProducer } from './kafka.ts';
import { agreeOnSchema } from './message-schema.ts';
import { programInfo } from './program-info.ts';
import { nothingYet, type Outlet, Publisher, type Totals } from './publisher.ts';
import { Readiness } from './readiness.ts';
import { userEncoder } from './user-encoder.ts';

export interface ProduceOptions {
  /** Users to publish. Default: no end. */
  readonly count?: number;
  /** Time to publish for, ms. Default: no end. */
  readonly durationMs?: number;
  /** Gets the uuids of acknowledged users. */
  readonly keys?: KeysFile;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

interface Run extends ProduceOptions {
  readonly logger: Logger;
  readonly metrics: SourceMetrics;
  readonly readiness: Readiness;
}

/** Of a source that fails: it is asked again soon enough that users come within 10 s once it answers, and no more often. */
const retryDelay = { minMs: 500, maxMs: 8_000 };
/** What a stop may take beside sending what was fetched: closing connections. */
const closingMs = 2_000;

/**
 * Fetches users and publishes them until the count, the time or a signal ends it. What was fetched is sent first: without end
 * where a count or the time is the reason, for SHUTDOWN_TIMEOUT after a signal.
 */
export async function produce(config: ProducerConfig, options: ProduceOptions): Promise<void> {
  exitLate(options.signal, {
    ms: config.SHUTDOWN_TIMEOUT + closingMs,
    exit: (code) => process.exit(code),
  });
  const logger = createLogger({ name: 'producer', level: config.LOG_LEVEL });
  const metrics = createSourceMetrics({ pipeline: config.KAFKA_TOPIC });
  const readiness = new Readiness();
  const health = await startHealthServer({
    host: config.METRICS_HOST,
    allowedHosts: config.ALLOWED_HOSTS,
    port: config.METRICS_PORT,
    metrics: metrics.registry,
    live: () => true,
    ready: () => readiness.current,
    info: programInfo(config),
    logger,
  });
  logger.info({ port: health.port }, 'metrics and health are served');
  try {
    const started = performance.now();
    const run = { ...options, logger, metrics, readiness };
    const totals = await fetchAndPublish(config, run).catch((error: unknown) => {
      // to be stopped is how serve ends, also while it waits for Kafka
      if (error instanceof StoppedWaitingError) return nothingYet;
      throw error;
    });
    const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
    logger.info({ ...totals, seconds }, 'stopped');
    if (options.json) process.stdout.write(`${JSON.stringify({ ...totals, seconds })}\n`);
    const missing = totals.fetched - totals.produced - totals.deadLettered;
    if (missing > 0) throw new NotAcknowledged(missing);
  } finally {
    await health.close();
  }
}

async function fetchAndPublish(config: ProducerConfig, run: Run): Promise<Totals> {
  // Kafka first: a schema must not be registered for a topic that is a mistyped name.
  const producer = await openProducer(config, run);
  try {
    const schemaId = await agreeOnSchema(config, run);
    const outlet: Outlet = {
      producer,
      encoder: userEncoder(config, schemaId),
      deadLetters: new DeadLetterQueue({
        topic: config.KAFKA_DLQ_TOPIC,
        producer,
        pipeline: config.KAFKA_TOPIC,
      }),
    };
    return await publishUsers(outlet, config, run);
  } finally {
    await producer.close({ timeoutMs: 0 });
  }
}

async function publishUsers(outlet: Outlet, config: ProducerConfig, run: Run): Promise<Totals> {
  const { count, durationMs, signal } = run;
  const source = openSource(config, run);
  const publisher = new Publisher(outlet, config, run);
  let deadline: NodeJS.Timeout | undefined;
  const giveUp = () => {
    // not at once: what is under way, and the page after it, are to be acknowledged
    deadline = setTimeout(() => void outlet.producer.close({ timeoutMs: 0 }), config.SHUTDOWN_TIMEOUT);
  };
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp, { once: true });
  const end = durationMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
  const pages = source.pages({
    pageSize: config.SOURCE_PAGE_SIZE,
    signal: end,
    ...(count === undefined ? {} : { total: count }),
  });
  try {
    await publishAll(pages, publisher, end);
  } catch (error) {
    // the deadline has passed; the totals tell how much is missing
    if (!(error instanceof KafkaError && error.code === 'closed')) throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    clearTimeout(deadline);
    await source.close();
  }
  return publisher.totals;
}

async function publishAll(
  pages: AsyncIterable<RandomUserPage>,
  publisher: Publisher,
  end: AbortSignal,
): Promise<void> {
  try {
    for await (const page of pages) await publisher.publish(page);
  } catch (error) {
    if (!end.aborted || error !== end.reason) throw error;
  } finally {
    await publisher.flush();
  }
}

function openSource(config: ProducerConfig, { logger, metrics, readiness }: Run): RandomUserClient {
  return new RandomUserClient({
    url: config.SOURCE_URL,
    rateLimit: config.SOURCE_RATE_LIMIT,
    retryDelay,
    onRequest: ({ status, error, retryInMs }) => {
      metrics.sourceRequestsTotal.inc({ status });
      readiness.set('source', error?.code);
      if (!error) return;
      if (retryInMs === undefined) logger.error({ status, reason: error.message }, 'the source failed');
      else logger.warn({ status, retryInMs, reason: error.message }, 'the source failed, asking again');
    },
  });
}

class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged';
  readonly code = 'not-acknowledged';

  constructor(users: number) {
    super(
      `${users} fetched user(s) were not acknowledged by Kafka before the deadline of the shutdown. ` +
        'Give it more time by SHUTDOWN_TIMEOUT, and see the log for what Kafka said.',
    );
  }
}
