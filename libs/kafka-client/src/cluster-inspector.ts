import type { Admin } from 'kafkajs';
import {
  type ClusterMetadata,
  describeLogDirs,
  fetchMetadata,
  isolation,
  listOffsets,
  type OffsetsRequest,
  type PartitionMetadata,
} from './cluster-requests.ts';
import { type CommitMetadata, readCommitMetadata } from './commit-metadata.ts';
import { KafkaError, toKafkaError } from './errors.ts';
import type { KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';
import { loadModule } from './kafkajs-module.ts';
import { fetchTopicIds } from './topic-ids.ts';

export interface ClusterDescription {
  readonly clusterId: string;
  /** Null where there is none at present. */
  readonly controller: number | null;
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
}

export interface TopicDescription {
  readonly topic: string;
  /** Of Kafka itself, such as `__consumer_offsets`. */
  readonly internal: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    /** Null where there is none at present. */
    readonly leader: number | null;
    readonly replicas: readonly number[];
    readonly inSyncReplicas: readonly number[];
  }[];
}

/** By topic and partition. */
export type ByPartition<T> = ReadonlyMap<string, ReadonlyMap<number, T>>;

export interface TopicSetting {
  readonly name: string;
  /** Null where the brokers keep it secret. */
  readonly value: string | null;
  /** Whether it was set for this topic. */
  readonly own: boolean;
}

export interface GroupDescription {
  readonly groupId: string;
  /** By the brokers' own word: `Stable`, `Empty`, `Dead`, `PreparingRebalance`, ... */
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly host: string;
    readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  }[];
}

export interface GroupOffset extends CommitMetadata {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** describeGroups of so many groups at once: their coordinators are looked up one by one. */
const groupsAtOnce = 50;

/**
 * Looks at everything in a cluster with as few requests as there are brokers, whatever the number of topics and partitions: for
 * dashboards. A partition without a leader, or a broker that is away, leaves a gap in the answer instead of failing it. Every call fails
 * with a {@link KafkaError} where no broker can be asked.
 */
export class ClusterInspector {
  readonly #admin: Admin;
  readonly #cluster: KafkaJsCluster;

  /** @internal Use `KafkaClient.inspector`. Both are connected. */
  constructor(admin: Admin, cluster: KafkaJsCluster) {
    this.#admin = admin;
    this.#cluster = cluster;
  }

  async cluster(): Promise<ClusterDescription> {
    const { clusterId, controller, brokers } = await this.#metadata([]);
    return { clusterId, controller: controller < 0 ? null : controller, brokers };
  }

  /**
   * Topics with their partitions, in order of names. Default: all of them.
   *
   * @throws KafkaError `unknown-topic` for a name that there is none of
   */
  async topics(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    const { topics } = await this.#metadata(names ?? null);
    const missing = names && topics.find(({ error }) => error !== 0);
    if (missing)
      throw new KafkaError('unknown-topic', `topic ${missing.topic} does not exist`, { retryable: true });
    return topics
      .filter(({ error }) => error === 0)
      .map(({ topic, internal, partitions }) => ({
        topic,
        internal,
        partitions: partitions.map(described).sort(byPartition),
      }))
      .sort((one, other) => (one.topic < other.topic ? -1 : 1));
  }

  /**
   * Ids of topics by name, by which a topic is told from an earlier one of the same name. A topic that has none, as with brokers
   * before 2.8, is left out.
   *
   * @throws KafkaError `unknown-topic`
   */
  topicIds(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#try(`looking up the ids of ${names.join(', ')}`, async () => {
      await this.#cluster.refreshMetadataIfNecessary();
      return fetchTopicIds(this.#cluster, names);
    });
  }

  /** Last stable offsets: what can be read ends there, see `PartitionOffsets.end`. Partitions that cannot be asked are left out. */
  ends(topics: readonly TopicDescription[]): Promise<ByPartition<number>> {
    return this.#offsets(topics, -1);
  }

  /** Offsets after the last records, those of open transactions included. Partitions that cannot be asked are left out. */
  highWatermarks(topics: readonly TopicDescription[]): Promise<ByPartition<number>> {
    return this.#offsets(topics, -1, isolation.readUncommitted);
  }

  /** Offsets of the first records. Partitions that cannot be asked are left out. */
  begins(topics: readonly TopicDescription[]): Promise<ByPartition<number>> {
    return this.#offsets(topics, -2);
  }

  /**
   * Offsets of the first records with that timestamp or a later one, the end where there is none. Partitions that cannot be asked are
   * left out.
   *
   * @param timestamp ms since the epoch
   */
  async offsetsAt(topics: readonly TopicDescription[], timestamp: number): Promise<ByPartition<number>> {
    const [found, ends] = await Promise.all([this.#offsets(topics, timestamp), this.ends(topics)]);
    return new Map(
      [...ends].map(([topic, partitions]) => [
        topic,
        new Map(
          [...partitions].map(([partition, end]) => {
            const offset = found.get(topic)?.get(partition) ?? -1;
            return [partition, offset < 0 ? end : offset];
          }),
        ),
      ]),
    );
  }

  /** Bytes on the disks of all brokers that answer, by topic and partition, the replicas added up. */
  async bytes(): Promise<ByPartition<number>> {
    const { brokers } = await this.#metadata([]);
    const answers = await settled(brokers.map(async ({ id }) => describeLogDirs(await this.#broker(id))));
    if (answers.length === 0) throw noBroker('looking up the sizes of the topics');
    const bytes = new Map<string, Map<number, number>>();
    for (const { topics } of answers.flat())
      for (const { topic, partitions } of topics)
        for (const found of partitions) add(bytes, topic, found.partition, found.bytes);
    return bytes;
  }

  /** Settings of a topic as the brokers apply them, by name. */
  async settings(topic: string): Promise<readonly TopicSetting[]> {
    const topicResource = 2;
    const dynamicTopicConfig = 1;
    const { resources } = await this.#try(`reading the configuration of topic ${topic}`, () =>
      this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: topicResource, name: topic }],
      }),
    );
    const entries = (resources[0]?.configEntries ?? []) as unknown as readonly {
      readonly configName: string;
      readonly configValue: string | null;
      readonly configSource: number;
      readonly isSensitive: boolean;
    }[];
    return entries
      .map(({ configName, configValue, configSource, isSensitive }) => ({
        name: configName,
        value: isSensitive ? null : configValue,
        own: configSource === dynamicTopicConfig,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async groupIds(): Promise<readonly string[]> {
    const { groups } = await this.#try('listing the consumer groups', () => this.#admin.listGroups());
    return groups.map(({ groupId }) => groupId).sort();
  }

  /** State and members of groups. */
  async groups(groupIds: readonly string[]): Promise<readonly GroupDescription[]> {
    const described: GroupDescription[] = [];
    for (let from = 0; from < groupIds.length; from += groupsAtOnce) {
      const some = groupIds.slice(from, from + groupsAtOnce);
      const { groups } = await this.#try('describing consumer groups', () =>
        this.#admin.describeGroups([...some]),
      );
      for (const { groupId, state, members } of groups)
        described.push({
          groupId,
          state,
          members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
            memberId,
            clientId,
            host: clientHost.replace(/^\//, ''),
            assignment: assignmentOf(memberAssignment),
          })),
        });
    }
    return described;
  }

  /** All that a group has committed, of every topic. */
  async committed(groupId: string): Promise<readonly GroupOffset[]> {
    const found = await this.#try(`looking up the offsets of group ${groupId}`, () =>
      this.#admin.fetchOffsets({ groupId }),
    );
    return found.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset, metadata }) => ({
          topic,
          partition,
          offset: Number(offset),
          ...readCommitMetadata(metadata),
        }))
        .sort(byPartition),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.disconnect(), this.#cluster.disconnect()]);
  }

  async #offsets(
    topics: readonly TopicDescription[],
    timestamp: number,
    isolationLevel: OffsetsRequest['isolation'] = isolation.readCommitted,
  ): Promise<ByPartition<number>> {
    const byLeader = new Map<number, Map<string, number[]>>();
    for (const { topic, partitions } of topics)
      for (const { partition, leader } of partitions) {
        if (leader === null) continue;
        const led = getOrSet(byLeader, leader, () => new Map<string, number[]>());
        getOrSet(led, topic, () => []).push(partition);
      }
    const answers = await settled(
      [...byLeader].map(async ([leader, led]) =>
        listOffsets(await this.#broker(leader), {
          timestamp,
          isolation: isolationLevel,
          topics: [...led].map(([topic, partitions]) => ({ topic, partitions })),
        }),
      ),
    );
    if (answers.length === 0 && byLeader.size > 0) throw noBroker('looking up offsets');
    const offsets = new Map<string, Map<number, number>>();
    for (const { topic, partitions } of answers.flat())
      for (const { partition, error, offset } of partitions)
        if (error === 0) add(offsets, topic, partition, offset);
    return offsets;
  }

  /** Brokers that joined since the last look are known only after another one. */
  async #broker(id: number): Promise<KafkaJsBroker> {
    return this.#cluster.findBroker({ nodeId: String(id) });
  }

  #metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    return this.#try('looking up the cluster', async () => {
      await this.#cluster.refreshMetadataIfNecessary();
      return fetchMetadata(this.#cluster, topics);
    });
  }

  async #try<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw toKafkaError(error, what);
    }
  }
}

function described({
  partition,
  leader,
  replicas,
  inSync,
}: PartitionMetadata): TopicDescription['partitions'][number] {
  return { partition, leader: leader < 0 ? null : leader, replicas, inSyncReplicas: inSync };
}

function byPartition(one: { readonly partition: number }, other: { readonly partition: number }): number {
  return one.partition - other.partition;
}

/** Of a member of a group of another protocol than the consumers' nothing is known. */
function assignmentOf(bytes: Buffer): GroupDescription['members'][number]['assignment'] {
  const { MemberAssignment } = loadModule('kafkajs/src/consumer/assignerProtocol') as {
    MemberAssignment: { decode(bytes: Buffer): { assignment: Record<string, number[]> } | null };
  };
  try {
    const decoded = MemberAssignment.decode(bytes);
    return Object.entries(decoded?.assignment ?? {}).map(([topic, partitions]) => ({ topic, partitions }));
  } catch {
    return [];
  }
}

async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const answers = await Promise.allSettled(work);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

function add(sums: Map<string, Map<number, number>>, topic: string, partition: number, value: number): void {
  const ofTopic = getOrSet(sums, topic, () => new Map<number, number>());
  ofTopic.set(partition, (ofTopic.get(partition) ?? 0) + value);
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function noBroker(what: string): KafkaError {
  return new KafkaError('unreachable', `${what}: no broker answers`, { retryable: true });
}
