import { appendFileSync } from 'node:fs';
import { untilReachable } from '@sluice/app-runtime';
import {
  HybridClock,
  KafkaClient,
  type ProducerRecord,
  type RecordProducer,
  RecordsRefusedError,
} from '@sluice/kafka-client';
import { RandomUserClient, type RandomUserPage } from '@sluice/random-user';
import { DataError, jsonEncoder } from '@sluice/record-schema';
import {
  createLogger,
  createSourceMetrics,
  type Logger,
  type SourceMetrics,
  startHealthServer,
} from '@sluice/telemetry';
import { mapRandomUser, type UserRecord, userRecordSchema } from '@sluice/user-schema';
import type { ProducerConfig } from './config.ts';

export interface ProduceOptions {
  /** Users to publish. Default: no end. */
  readonly count?: number;
  /** Time to publish for, ms. Default: no end. */
  readonly durationMs?: number;
  /** File to append the uuids of acknowledged users to. */
  readonly keys?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

interface Totals {
  fetched: number;
  produced: number;
  /** Users that could not be mapped or that the broker refused: logged by code, not published. */
  refused: number;
}

/** Fetches users and publishes them until the count, the time or a signal ends it; what was fetched is sent first. */
export async function produce(config: ProducerConfig, options: ProduceOptions): Promise<void> {
  const logger = createLogger({ name: 'producer', level: config.LOG_LEVEL });
  const metrics = createSourceMetrics({ pipeline: config.KAFKA_TOPIC });
  const totals: Totals = { fetched: 0, produced: 0, refused: 0 };
  let sourceFailure: string | undefined;
  const health = await startHealthServer({
    port: config.METRICS_PORT,
    metrics: metrics.registry,
    live: () => true,
    ready: () => (sourceFailure ? { ready: false, reasons: [sourceFailure] } : { ready: true, reasons: [] }),
    logger,
  });
  logger.info({ port: health.port }, 'metrics and health are served');
  const started = performance.now();
  const producer = await openProducer(config, options.signal, logger, metrics);
  const source = new RandomUserClient({
    url: config.SOURCE_URL,
    rateLimit: config.SOURCE_RATE_LIMIT,
    onRequest: ({ status, error, retryInMs }) => {
      metrics.sourceRequestsTotal.inc({ status });
      sourceFailure = error ? `source:${error.code}` : undefined;
      if (error) logger.warn({ status, retryInMs, reason: error.message }, 'the source failed, asking again');
    },
  });
  try {
    const end = endSignal(options);
    try {
      await publish(source, producer, totals, { config, options, end, logger, metrics });
    } catch (error) {
      if (!end.aborted) throw error;
    }
  } finally {
    await producer.close({ timeoutMs: config.SHUTDOWN_TIMEOUT });
    await source.close();
    await health.close();
  }
  const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
  logger.info({ ...totals, seconds }, 'stopped');
  if (options.json) process.stdout.write(`${JSON.stringify({ ...totals, seconds })}\n`);
  if (totals.produced + totals.refused < totals.fetched)
    throw new NotAcknowledged(totals.fetched - totals.produced - totals.refused);
}

/** Fetches the next page while the one before is being acknowledged. */
async function publish(
  source: RandomUserClient,
  producer: RecordProducer,
  totals: Totals,
  {
    config,
    options,
    end,
    logger,
    metrics,
  }: {
    config: ProducerConfig;
    options: ProduceOptions;
    end: AbortSignal;
    logger: Logger;
    metrics: SourceMetrics;
  },
): Promise<void> {
  const { encode } = jsonEncoder<UserRecord>(userRecordSchema);
  const toRecords = (page: RandomUserPage): ProducerRecord[] => {
    const records: ProducerRecord[] = [];
    for (const user of page.users) {
      try {
        const record = mapRandomUser(user, { passwordPolicy: config.PASSWORD_POLICY });
        records.push({ key: Buffer.from(record.uuid), value: encode(record) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        totals.refused += 1;
        metrics.recordsTotal.inc({ result: 'dead_lettered' });
        logger.warn({ code: error.code }, 'a user of the source is not valid and was not published');
      }
    }
    return records;
  };

  const send = async (records: readonly ProducerRecord[]): Promise<void> => {
    const refused = await producer.send(config.KAFKA_TOPIC, records).then(
      (): readonly ProducerRecord[] => [],
      (error: unknown) => {
        if (!(error instanceof RecordsRefusedError)) throw error;
        logger.error({ count: error.refused.length, reason: error.message }, 'the broker refused records');
        return error.refused.map(({ record }) => record);
      },
    );
    const acknowledged = records.filter((record) => !refused.includes(record));
    totals.refused += refused.length;
    totals.produced += acknowledged.length;
    metrics.recordsTotal.inc({ result: 'produced' }, acknowledged.length);
    if (options.keys)
      appendFileSync(options.keys, acknowledged.map(({ key }) => `${key?.toString() ?? ''}\n`).join(''));
  };

  let sending: Promise<void> = Promise.resolve();
  const pages = source.pages({
    pageSize: config.SOURCE_PAGE_SIZE,
    signal: end,
    ...(options.count === undefined ? {} : { total: options.count }),
  });
  try {
    for await (const page of pages) {
      totals.fetched += page.users.length;
      metrics.recordsTotal.inc({ result: 'fetched' }, page.users.length);
      await sending;
      sending = send(toRecords(page));
      // awaited with the next page or at the end; until then a failure must not count as unhandled
      sending.catch(() => undefined);
    }
  } finally {
    await sending;
  }
}

function endSignal({ signal, durationMs }: ProduceOptions): AbortSignal {
  return durationMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
}

async function openProducer(
  config: ProducerConfig,
  signal: AbortSignal,
  logger: Logger,
  metrics: SourceMetrics,
): Promise<RecordProducer> {
  const kafka = new KafkaClient({ brokers: config.KAFKA_BROKERS, clientId: 'producer', logger });
  const reach = {
    what: `Kafka at ${config.KAFKA_BROKERS.join(', ')}`,
    hint: 'Start it with `npx nx run infra:up`, or set KAFKA_BROKERS.',
    logger,
    signal,
  };
  const admin = await untilReachable(() => kafka.admin(), reach);
  const topics = await admin.topics().finally(() => admin.close());
  if (!topics.includes(config.KAFKA_TOPIC)) throw new TopicMissing(config.KAFKA_TOPIC);
  const open = () =>
    kafka.producer({
      writeTimestamps: new HybridClock(),
      onRetry: (error) => {
        metrics.retriesTotal.inc({ target: 'kafka', code: (error as { code?: string }).code ?? 'failed' });
        logger.warn({ reason: error.message }, 'records were not acknowledged, sending them again');
      },
    });
  return untilReachable(open, reach);
}

class TopicMissing extends Error {
  readonly code = 'unknown-topic';

  constructor(topic: string) {
    super(`topic ${topic} does not exist. Run \`npx nx run stream-writer:migrate\`, or set KAFKA_TOPIC.`);
  }
}

class NotAcknowledged extends Error {
  readonly code = 'not-acknowledged';

  constructor(records: number) {
    super(`${records} fetched user(s) were not acknowledged by Kafka before the shutdown's deadline`);
  }
}
