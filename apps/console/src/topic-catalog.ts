import {
  type ByPartition,
  type ClusterInspector,
  KafkaError,
  type TopicDescription,
} from '@sluice/kafka-client';
import type { ConsoleConfig } from './config.ts';
import type { TopicDetails, TopicList, TopicPartition, TopicSummary } from './contract/topics.ts';
import { knownTopic } from './known-topic.ts';
import type { Link } from './link.ts';

/** Sizes are looked up again after this, ms: brokers walk through their folders for them. */
const sizesMs = 10_000;
/** The list is looked up no more often than this, ms, however many look at it. */
const listMs = 900;
/** A look so long ago says nothing about the present rate, ms. */
const staleMs = 60_000;

interface Look {
  readonly at: number;
  readonly topics: readonly TopicDescription[];
  readonly begins: ByPartition<number>;
  readonly ends: ByPartition<number>;
  readonly highs: ByPartition<number>;
}

type PipelineTopics = Pick<ConsoleConfig, 'KAFKA_TOPIC' | 'KAFKA_DLQ_TOPIC'>;

/** All topics of the cluster with what is in them. Rates come from the look before. */
export class TopicCatalog {
  readonly #cluster: Pick<Link<ClusterInspector>, 'use'>;
  readonly #pipeline: PipelineTopics;
  readonly #now: () => number;
  #look: Promise<Look> | undefined;
  #lookedAt = -Infinity;
  #before: Look | undefined;
  #last: Look | undefined;
  #bytes: ByPartition<number> | undefined;
  #bytesAt = -Infinity;

  constructor(
    cluster: Pick<Link<ClusterInspector>, 'use'>,
    pipeline: PipelineTopics,
    now: () => number = Date.now,
  ) {
    this.#cluster = cluster;
    this.#pipeline = pipeline;
    this.#now = now;
  }

  async list(): Promise<TopicList> {
    const look = await this.#lookAtAll();
    return { at: look.at, topics: look.topics.map((topic) => this.#summary(look, topic)) };
  }

  /** @throws KafkaError `unknown-topic` */
  async details(name: string): Promise<TopicDetails> {
    const { described, settings } = await this.#cluster.use(async (inspector) => {
      const [found] = await knownTopic(inspector, name);
      return { described: found, settings: await inspector.settings(name) };
    });
    const look = await this.#lookAtAll();
    // one that is so new that the last look did not see it has no figures yet
    const topic = look.topics.find((found) => found.topic === name) ?? described;
    if (!topic) throw new KafkaError('unknown-topic', `topic ${name} does not exist`, { retryable: true });
    return {
      summary: this.#summary(look, topic),
      partitions: topic.partitions.map((partition) => this.#partition(look, name, partition)),
      settings: [...settings],
    };
  }

  async #lookAtAll(): Promise<Look> {
    const now = this.#now();
    if (this.#look && now - this.#lookedAt < listMs) return this.#look;
    this.#lookedAt = now;
    const look = this.#cluster.use((inspector) => this.#lookNow(inspector));
    this.#look = look;
    look.then(
      (found) => {
        this.#before = this.#last;
        this.#last = found;
      },
      () => {
        if (this.#look === look) this.#look = undefined;
      },
    );
    return look;
  }

  async #lookNow(inspector: ClusterInspector): Promise<Look> {
    const topics = await inspector.topics();
    const isOld = this.#now() - this.#bytesAt > sizesMs;
    const [begins, ends, highs, bytes] = await Promise.all([
      inspector.begins(topics),
      inspector.ends(topics),
      inspector.highWatermarks(topics),
      // brokers may keep the sizes from this principal, and the rest is of use without them
      isOld ? inspector.bytes().catch(() => undefined) : this.#bytes,
    ]);
    if (isOld) this.#bytesAt = this.#now();
    this.#bytes = bytes;
    return { at: this.#now(), topics, begins, ends, highs };
  }

  #summary(look: Look, { topic, internal, partitions }: TopicDescription): TopicSummary {
    const parts = partitions.map((partition) => this.#partition(look, topic, partition));
    const rates = parts.map(({ recordsPerSecond }) => recordsPerSecond);
    const sizes = parts.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
    const isComplete = parts.every(({ begin, end }) => begin !== null && end !== null);
    return {
      topic,
      internal: internal || topic.startsWith('__'),
      partitions: partitions.length,
      replication: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
      underReplicated: partitions.filter(
        ({ replicas, inSyncReplicas }) => inSyncReplicas.length < replicas.length,
      ).length,
      offline: partitions.filter(({ leader }) => leader === null).length,
      records: isComplete ? sumOf(parts.map(({ begin, end }) => Number(end) - Number(begin))) : null,
      held: parts.every(({ held }) => held !== null) ? sumOf(parts.map(({ held }) => held ?? 0)) : null,
      bytes: sizes.length > 0 ? sumOf(sizes) : null,
      recordsPerSecond: rates.some((rate) => rate === null) ? null : sumOf(rates.map(Number)),
      role: this.#role(topic),
    };
  }

  #partition(
    { at, begins, ends, highs }: Look,
    topic: string,
    { partition, leader, replicas, inSyncReplicas }: TopicDescription['partitions'][number],
  ): TopicPartition {
    const begin = begins.get(topic)?.get(partition);
    const end = ends.get(topic)?.get(partition);
    const before = this.#before;
    const high = highs.get(topic)?.get(partition);
    const highBefore = before?.highs.get(topic)?.get(partition);
    const seconds = before ? (at - before.at) / 1000 : 0;
    const isFresh = seconds > 0 && seconds * 1000 < staleMs;
    return {
      partition,
      leader,
      replicas: [...replicas],
      inSync: [...inSyncReplicas],
      begin: begin === undefined ? null : String(begin),
      end: end === undefined ? null : String(end),
      held: end === undefined || high === undefined ? null : Math.max(0, high - end),
      bytes: this.#bytes?.get(topic)?.get(partition) ?? null,
      recordsPerSecond:
        isFresh && high !== undefined && highBefore !== undefined
          ? Math.max(0, (high - highBefore) / seconds)
          : null,
    };
  }

  #role(topic: string): TopicSummary['role'] {
    if (topic === this.#pipeline.KAFKA_TOPIC) return 'records';
    return topic === this.#pipeline.KAFKA_DLQ_TOPIC ? 'dead-letters' : null;
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
