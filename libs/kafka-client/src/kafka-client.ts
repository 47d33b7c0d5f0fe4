import type { Admin, Kafka as KafkaJs, KafkaConfig, SASLOptions } from 'kafkajs';
import { BatchConsumer, type ConsumerHandler, defaultMetadataMaxAgeMs } from './batch-consumer.ts';
import { checkOptions } from './check-options.ts';
import { ClusterInspector } from './cluster-inspector.ts';
import { toConnectionError } from './connection-failure.ts';
import { KafkaError, toKafkaError } from './errors.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { createCluster, type KafkaJsCluster } from './kafkajs-cluster.ts';
import { kafkaJs } from './kafkajs-patches.ts';
import { oauthBearer } from './oauth-bearer.ts';
import type {
  ClientLogger,
  ConsumerOptions,
  KafkaOptions,
  ProducerOptions,
  ReadOptions,
  SaslOptions,
} from './options.ts';
import { principalOf } from './principal.ts';
import type { RecordBatch } from './record.ts';
import { defaultMaxRecordBytes, wholeBatchBytes } from './decompression/limits.ts';
import { RecordProducer } from './record-producer.ts';
import { TopicReader } from './topic-reader.ts';

/** As `retry.backoff.max.ms` of Kafka's own clients, ms: for as long, a partition that has a leader again may stand still. */
const longestRetryWait = 1_000;
/** A call that a person waits for gives up soon; the caller decides whether to try again. */
const impatient = { initialRetryTime: 100, maxRetryTime: longestRetryWait, retries: 4 };
/**
 * A consumer never gives up: after ~12 s of failures kafkajs starts it anew, without end. That is not left out, since only
 * a new start looks for the group's coordinator again when the broker that was it is gone.
 */
const patient = { initialRetryTime: 200, maxRetryTime: longestRetryWait, retries: 13 };
/** A produce request is repeated by its own connection for ~15 s, then by a new producer (see RecordProducer). */
const persistent = { initialRetryTime: 100, maxRetryTime: longestRetryWait, retries: 17 };

/** Entry to one Kafka cluster: producers, consumers and the admin side, all with the same settings. */
export class KafkaClient {
  readonly #options: KafkaOptions;
  readonly #report: KafkaJsReport;
  readonly #maxRecordBytes: number;

  /** @throws KafkaError `bad-option` */
  constructor(options: KafkaOptions) {
    checkOptions(options);
    this.#options = options;
    this.#maxRecordBytes = Math.max(
      wholeBatchBytes,
      options.maxDecompressedBatchBytes ?? defaultMaxRecordBytes,
    );
    this.#report = new KafkaJsReport(options.logger);
  }

  /** @throws KafkaError `unreachable`, `authentication-failed` when no broker can be used */
  async admin(): Promise<KafkaAdmin> {
    const kafka = this.#kafka(impatient);
    const principal = principalOf(this.#options);
    return new KafkaAdmin(await this.#connectedAdmin(kafka), () => createCluster(kafka), principal);
  }

  /** @throws KafkaError `unreachable`, `authentication-failed` when no broker can be used */
  async inspector(): Promise<ClusterInspector> {
    const kafka = this.#kafka(impatient);
    const admin = await this.#connectedAdmin(kafka);
    const cluster = createCluster(kafka);
    try {
      await cluster.connect();
      return new ClusterInspector(admin, cluster);
    } catch (error) {
      await Promise.all([admin.disconnect(), cluster.disconnect()]);
      throw toConnectionError(error, this.#options);
    }
  }

  /** @throws KafkaError `unreachable`, `authentication-failed` when no broker can be used */
  async producer(options: ProducerOptions = {}): Promise<RecordProducer> {
    await this.#reach();
    return RecordProducer.open(options, {
      partitioner: kafkaJs().Partitioners.DefaultPartitioner(),
      create: (createPartitioner) =>
        this.#kafka(persistent).producer({
          idempotent: true,
          maxInFlightRequests: 1,
          allowAutoTopicCreation: false,
          retry: persistent,
          createPartitioner,
        }),
      countPartitions: (topic) => this.#countPartitions(topic),
    });
  }

  /**
   * A member of a consumer group that hands its partitions' batches to `handler` until it is stopped.
   *
   * @throws KafkaError `unreachable`, `authentication-failed` when no broker can be used, `unknown-topic`
   */
  async consumer(options: ConsumerOptions, handler: ConsumerHandler): Promise<BatchConsumer> {
    const admin = await this.admin();
    const { sessionTimeoutMs = 10_000, maxBytesPerPartition = 256 * 1024, maxWaitMs = 500 } = options;
    const create = (mayRestart: () => boolean) =>
      this.#kafka(patient).consumer({
        groupId: options.groupId,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: Math.floor(sessionTimeoutMs / 5),
        rebalanceTimeout: Math.max(30_000, sessionTimeoutMs),
        maxBytesPerPartition,
        maxWaitTimeInMs: maxWaitMs,
        metadataMaxAge: options.metadataMaxAgeMs ?? defaultMetadataMaxAgeMs,
        allowAutoTopicCreation: false,
        retry: { ...patient, restartOnFailure: () => Promise.resolve(mayRestart()) },
      });
    try {
      await admin.partitions(options.topic);
      return await BatchConsumer.open(create, admin, options, handler, this.#maxRecordBytes);
    } catch (error) {
      await admin.close();
      throw toKafkaError(error, `consuming topic ${options.topic} as group ${options.groupId}`);
    }
  }

  /**
   * Reads ranges of a topic once, without joining the group of anyone and without committing; it ends when every range is
   * read. Each partition's batches come in order; a batch may be empty, where nothing of it is left to read. While brokers are
   * away it goes on trying until `signal` aborts. At most one batch of a partition is fetched ahead of the caller.
   *
   * The iteration throws KafkaError `offset-out-of-range` where records of a range are gone, `unknown-topic`, `closed` once
   * `signal` has aborted, and `unreachable` or `authentication-failed` when no broker can be used at the start.
   */
  read(options: ReadOptions): AsyncIterable<RecordBatch> {
    return new TopicReader(() => this.#openForReading(options.topic), options, this.#maxRecordBytes);
  }

  async #openForReading(topic: string): Promise<KafkaJsCluster> {
    const admin = await this.admin();
    try {
      await admin.partitions(topic);
    } finally {
      await admin.close();
    }
    const cluster = createCluster(this.#kafka(impatient));
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      return cluster;
    } catch (error) {
      await cluster.disconnect();
      throw toKafkaError(error, `reading topic ${topic}`);
    }
  }

  async #countPartitions(topic: string): Promise<number> {
    const cluster = createCluster(this.#kafka(impatient));
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      return cluster.findTopicPartitionMetadata(topic).length;
    } catch (error) {
      const found = toKafkaError(error, `looking up topic ${topic}`);
      if (found.code !== 'unknown-topic') throw found;
      throw new KafkaError(found.code, `topic ${topic} does not exist`, { retryable: true, cause: error });
    } finally {
      await cluster.disconnect();
    }
  }

  async #connectedAdmin(kafka: KafkaJs): Promise<Admin> {
    const admin = kafka.admin();
    try {
      await admin.connect();
      // Connecting alone asks for versions only, which a broker answers to anyone.
      await admin.describeCluster();
      return admin;
    } catch (error) {
      await admin.disconnect();
      throw toConnectionError(error, this.#options);
    }
  }

  async #reach(): Promise<void> {
    const admin = await this.admin();
    await admin.close();
  }

  #kafka(retry: typeof impatient) {
    const {
      brokers,
      clientId,
      connectionTimeoutMs = 3_000,
      requestTimeoutMs = 30_000,
      ssl,
      sasl,
      logger,
    } = this.#options;
    const { Kafka, logLevel } = kafkaJs();
    return new Kafka({
      brokers: [...brokers],
      clientId,
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      retry,
      ...(ssl ? { ssl } : {}),
      ...(sasl ? { sasl: kafkaJsSasl(sasl) } : {}),
      logLevel: logger ? logLevel.INFO : logLevel.NOTHING,
      logCreator: () => (entry) => {
        this.#report.add(entry.level, entry.namespace, entry.log);
      },
    });
  }
}

function kafkaJsSasl(sasl: SaslOptions): NonNullable<KafkaConfig['sasl']> {
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl } as SASLOptions;
  return { mechanism: sasl.mechanism, authenticationProvider: oauthBearer(sasl.token) };
}

/** How long a message is not said again, ms. */
const silentMs = 30_000;

/**
 * What kafkajs calls an error is mostly an attempt that it repeats, several times a second while a broker is away: a warning,
 * and each message once in 30 s.
 */
class KafkaJsReport {
  readonly #logger: ClientLogger | undefined;
  readonly #saidAt = new Map<string, number>();

  constructor(logger: ClientLogger | undefined) {
    this.#logger = logger;
  }

  add(level: number, namespace: string, { message, error, broker, groupId }: Record<string, unknown>): void {
    const text = String(message);
    const now = performance.now();
    const repeated = now - (this.#saidAt.get(text) ?? -Infinity) < silentMs;
    const fields = { component: `kafka.${namespace}`, error, broker, groupId };
    if (level !== kafkaJs().logLevel.ERROR || repeated) {
      this.#logger?.debug(fields, text);
      return;
    }
    // Some texts hold a number and never come again: without this they would pile up for as long as the outage lasts.
    for (const [said, at] of this.#saidAt) if (now - at >= silentMs) this.#saidAt.delete(said);
    this.#saidAt.set(text, now);
    this.#logger?.warn(fields, text);
  }
}
