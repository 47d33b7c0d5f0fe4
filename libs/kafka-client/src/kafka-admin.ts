import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { OffsetToCommit } from './batch-consumer.ts';
import { type CommitMetadata, commitMetadata, readCommitMetadata } from './commit-metadata.ts';
import { KafkaError, protocolErrorType, toKafkaError } from './errors.ts';
import { foreignMembers } from './foreign-members.ts';
import { groupOperations, topicOperations } from './granted-operations.ts';
import type { KafkaJsCluster } from './kafkajs-cluster.ts';
import { fetchTopicIds } from './topic-ids.ts';
import { type PartitionOffsets, topicOffsets } from './topic-offsets.ts';

export interface TopicToCreate {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic configuration, such as `min.insync.replicas`. */
  readonly config?: Readonly<Record<string, string>>;
}

export interface CommittedOffset extends CommitMetadata {
  readonly partition: number;
  /** Next offset that the group will read; null where it never committed. */
  readonly offset: number | null;
}

/** The offset at which a partition reaches a time. */
export interface OffsetAtTime {
  readonly partition: number;
  readonly offset: number;
}

export interface PartitionLag extends PartitionOffsets {
  /** Null where the group has committed nothing in this topic. */
  readonly committed: number | null;
  /** Records that can be read and are not committed: from the committed offset (the begin where there is none) to `end`. */
  readonly lag: number;
  /** Offsets that open transactions hold back: from `end` to the high watermark. Not part of `lag`. */
  readonly held: number;
  /** Timestamp of the record before the committed offset, ms, where it was committed with it. */
  readonly lastTimestamp?: number;
  /** Id of the topic, where the brokers have ids. */
  readonly topicId?: string;
  /** What the group has committed in an earlier topic of the same name, which was deleted. Left out where nothing is. */
  readonly former?: { readonly offset: number; readonly topicId: string };
}

export interface PartitionReplicas {
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/** Lets a principal do something, from every host: see "Authorization and ACLs" in Kafka's documentation. */
export interface AclBinding {
  /** As the brokers name it: `User:writer`. */
  readonly principal: string;
  readonly resource: keyof typeof aclResources;
  /** `kafka-cluster` for the cluster, `*` for every resource of the kind. */
  readonly name: string;
  /** Whether the name is that of one resource or what its names begin with. Default `literal`. */
  readonly pattern?: keyof typeof aclPatterns;
  readonly operation: keyof typeof aclOperations;
}

// The numbers are those of the protocol; kafkajs has no names of its own for them at run time that its types would know.
const aclResources = { topic: 2, group: 3, cluster: 4, 'transactional-id': 5 } as const;
const aclPatterns = { literal: 3, prefixed: 4 } as const;
const aclOperations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
} as const;
const allow = 3;

/** What brokers may take to hear of a new topic, ms. */
const ledWithinMs = 15_000;

/** Something that a client has to be allowed to do. */
export interface NeededRight {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly operation: 'read' | 'write' | 'describe' | 'create';
}

const nothing = { error: 0, operations: 0 };
/** TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED */
const refusals: readonly number[] = [29, 30];

/** Look-ups and changes of topics and groups. Every call fails with a {@link KafkaError}. */
export class KafkaAdmin {
  readonly #admin: Admin;
  readonly #createCluster: () => KafkaJsCluster;
  readonly #principal: string;
  #cluster: KafkaJsCluster | undefined;
  #closed = false;

  /** @internal Use `KafkaClient.admin`. */
  constructor(admin: Admin, createCluster: () => KafkaJsCluster, principal: string) {
    this.#admin = admin;
    this.#createCluster = createCluster;
    this.#principal = principal;
  }

  /** Creates a topic; false where it was there already, in which case nothing of it is changed. */
  async createTopic({ topic, partitions, replicationFactor, config = {} }: TopicToCreate): Promise<boolean> {
    const what = `creating topic ${topic}`;
    const creation = this.#try(what, () =>
      this.#admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    );
    const created = await creation.catch((error: unknown) => {
      if (!(error instanceof KafkaError) || error.code !== 'not-authorized') throw error;
      throw lacking(this.#principal, [{ resource: 'topic', name: topic, operation: 'create' }], error);
    });
    if (created) await this.#untilLed(topic, partitions, what);
    return created;
  }

  /** The controller has made the topic; the brokers hear of it later. kafkajs' own wait ends at the first that has not yet. */
  async #untilLed(topic: string, partitions: number, what: string): Promise<void> {
    const giveUpAt = performance.now() + ledWithinMs;
    for (;;) {
      try {
        const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
        const led = topics.flatMap((found) => found.partitions).filter(({ leader }) => leader >= 0);
        if (led.length >= partitions) return;
      } catch (error) {
        const { code, retryable } = toKafkaError(error, what);
        if (!retryable || code === 'not-authorized') throw toKafkaError(error, what);
      }
      if (performance.now() > giveUpAt)
        throw new KafkaError(
          'timed-out',
          `${what}: not every partition has a leader after ${ledWithinMs} ms`,
          {
            retryable: true,
          },
        );
      await delay(100);
    }
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#try(`deleting topic ${topic}`, () => this.#admin.deleteTopics({ topics: [topic] }));
  }

  /** Adds partitions to a topic until it has so many. From then on keys may belong to other partitions than before. */
  async addPartitions(topic: string, partitions: number): Promise<void> {
    await this.#try(`adding partitions to topic ${topic}`, () =>
      this.#admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }),
    );
  }

  /** Deletes the records of a topic before an offset, by partition. Partitions that are not named keep theirs. */
  async deleteRecords(topic: string, before: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...before].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await this.#try(`deleting records of topic ${topic}`, async () => {
      // kafkajs finds the leaders of a topic only where it was asked about it before
      await this.#admin.fetchTopicOffsets(topic);
      await this.#admin.deleteTopicRecords({ topic, partitions });
    });
  }

  /** Allows all of this; what is allowed already stays so. */
  async allow(bindings: readonly AclBinding[]): Promise<void> {
    await this.#try('allowing principals what they need', () =>
      this.#admin.createAcls({
        acl: bindings.map(({ principal, resource, name, pattern = 'literal', operation }) => ({
          principal,
          host: '*',
          resourceType: aclResources[resource],
          resourceName: name,
          resourcePatternType: aclPatterns[pattern],
          operation: aclOperations[operation],
          permissionType: allow,
        })),
      }),
    );
  }

  /**
   * Looks whether this client may do all of it (KIP-430): better before the work than by a halt in the middle of it. Topics that
   * do not exist are not looked at.
   *
   * @throws KafkaError `not-authorized`, not retryable, naming each right that is missing and what gives it
   */
  async requireRights(needed: readonly NeededRight[]): Promise<void> {
    const missing = await this.#try('looking up the rights', async () => {
      const cluster = await this.#connected();
      await cluster.refreshMetadataIfNecessary();
      const names = (kind: NeededRight['resource']) =>
        new Set(needed.flatMap(({ resource, name }) => (resource === kind ? [name] : [])));
      const groups = [...names('group')].map((group) => groupOperations(cluster, group));
      const granted = {
        topic: await topicOperations(cluster, [...names('topic')]),
        group: new Map((await Promise.all(groups)).flatMap((found) => [...found])),
      };
      return needed.filter(({ resource, name, operation }) => {
        const { error, operations } = granted[resource].get(name) ?? nothing;
        // What cannot be known now is left to the work itself.
        if (error !== 0 && !refusals.includes(error)) return false;
        return (operations & (1 << aclOperations[operation])) === 0;
      });
    });
    if (missing.length > 0) throw lacking(this.#principal, missing);
  }

  topics(): Promise<readonly string[]> {
    return this.#try('listing the topics', () => this.#admin.listTopics());
  }

  async brokerCount(): Promise<number> {
    const { brokers } = await this.#try('listing the brokers', () => this.#admin.describeCluster());
    return brokers.length;
  }

  /** @throws KafkaError `unknown-topic` */
  async partitions(topic: string): Promise<readonly PartitionReplicas[]> {
    if (!(await this.topics()).includes(topic))
      throw new KafkaError('unknown-topic', `topic ${topic} does not exist`, { retryable: true });
    const { topics } = await this.#try(`looking up topic ${topic}`, () =>
      this.#admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return (topics[0]?.partitions ?? [])
      .map(({ partitionId, leader, replicas, isr }) => ({
        partition: partitionId,
        leader,
        replicas,
        inSyncReplicas: isr,
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  /** Configuration of a topic as the brokers apply it, defaults included. */
  async topicConfig(topic: string): Promise<Readonly<Record<string, string>>> {
    const topicResource = 2;
    const { resources } = await this.#try(`reading the configuration of topic ${topic}`, () =>
      this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: topicResource, name: topic }],
      }),
    );
    return Object.fromEntries(
      (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]),
    );
  }

  /**
   * The id of a topic, as Kafka prints it; undefined where the brokers have none (before 2.8). A topic that is deleted and created
   * again has another one (KIP-516).
   *
   * @throws KafkaError `unknown-topic`
   */
  async topicId(topic: string): Promise<string | undefined> {
    return this.#try(`looking up the id of topic ${topic}`, async () => {
      const cluster = await this.#connected();
      await cluster.refreshMetadataIfNecessary();
      return (await fetchTopicIds(cluster, [topic])).get(topic);
    });
  }

  /** Where each partition begins and ends: up to its last stable offset, and to its high watermark. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#try(`looking up the offsets of topic ${topic}`, async () =>
      topicOffsets(await this.#connected(), topic, () => this.#closed),
    );
  }

  /**
   * By partition, the offset of the first record with that timestamp or a later one, the end where there is none: where to begin to
   * read what came since then.
   *
   * @param timestamp ms since the epoch
   */
  async offsetsAt(topic: string, timestamp: number): Promise<readonly OffsetAtTime[]> {
    const found = await this.#try(`looking up the offsets of topic ${topic} by time`, () =>
      this.#admin.fetchTopicOffsetsByTimestamp(topic, timestamp),
    );
    return found
      .map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
      .sort((a, b) => a.partition - b.partition);
  }

  async committedOffsets(groupId: string, topic: string): Promise<readonly CommittedOffset[]> {
    const found = await this.#try(`looking up the offsets of group ${groupId}`, () =>
      this.#admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    return (found[0]?.partitions ?? [])
      .map(({ partition, offset, metadata }) => ({
        partition,
        offset: Number(offset) < 0 ? null : Number(offset),
        ...readCommitMetadata(metadata),
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  /** How far a group is behind what can be read of a topic, by partition. */
  async lag(groupId: string, topic: string): Promise<readonly PartitionLag[]> {
    // before the offsets: those of a topic that is recreated meanwhile must not pass as the offsets of its new id
    const topicId = await this.topicId(topic);
    const [offsets, committed] = await Promise.all([
      this.offsets(topic),
      this.committedOffsets(groupId, topic),
    ]);
    const byPartition = new Map(committed.map((commit) => [commit.partition, commit]));
    return offsets.map((range) => lagOf(range, byPartition.get(range.partition), topicId));
  }

  async groups(): Promise<readonly string[]> {
    const { groups } = await this.#try('listing the consumer groups', () => this.#admin.listGroups());
    return groups.map(({ groupId }) => groupId);
  }

  /** State of a consumer group by the brokers' own word (`Stable`, `Empty`, `Dead`, ...) and how many members it has. */
  async group(groupId: string): Promise<{ readonly state: string; readonly members: number }> {
    const { groups } = await this.#try(`looking up group ${groupId}`, () =>
      this.#admin.describeGroups([groupId]),
    );
    return { state: groups[0]?.state ?? 'Dead', members: groups[0]?.members.length ?? 0 };
  }

  /** Names of a group's members, as `client at host`. */
  async members(groupId: string): Promise<readonly string[]> {
    const { groups } = await this.#try(`looking up group ${groupId}`, () =>
      this.#admin.describeGroups([groupId]),
    );
    return (groups[0]?.members ?? []).map(
      ({ clientId, clientHost }) => `${clientId} at ${clientHost.replace(/^\//, '')}`,
    );
  }

  /** Members of a group that do not consume `topic` as this library does, see {@link foreignMembers}. */
  async foreignMembers(groupId: string, topic: string): Promise<readonly string[]> {
    const { groups } = await this.#try(`looking up group ${groupId}`, () =>
      this.#admin.describeGroups([groupId]),
    );
    return groups.flatMap((group) => foreignMembers(group, topic));
  }

  /**
   * Commits offsets for a group that has no members, which is where the next one begins. Partitions that are not named keep theirs. A
   * group that does not exist is made.
   *
   * @throws KafkaError `group-active` naming the members; nothing is changed then. The brokers check this too: a group that
   *   starts in between keeps its offsets
   */
  async setOffsets(groupId: string, topic: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return;
    const members = await this.members(groupId);
    if (members.length > 0) throw activeGroup(groupId, members);
    const topicId = await this.topicId(topic);
    const partitions = offsets.map(({ partition, offset, lastTimestamp }) => ({
      partition,
      offset: String(offset),
      metadata: commitMetadata(lastTimestamp, topicId),
    }));
    // The admin of kafkajs joins the group as a consumer for this; a commit of no generation is what the protocol has for it.
    await this.#try(`setting the offsets of group ${groupId}`, async () => {
      const coordinator = await (await this.#connected()).findGroupCoordinator({ groupId });
      await coordinator
        .offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] })
        .catch((error: unknown) => {
          throw protocolErrorType(error) === 'UNKNOWN_MEMBER_ID' ? activeGroup(groupId, []) : error;
        });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#admin.disconnect(), this.#cluster?.disconnect()]);
  }

  async #connected(): Promise<KafkaJsCluster> {
    if (this.#closed) throw new KafkaError('closed', 'the admin client is closed');
    this.#cluster ??= this.#createCluster();
    await this.#cluster.connect();
    return this.#cluster;
  }

  async #try<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw toKafkaError(error, what);
    }
  }
}

function lagOf(
  range: PartitionOffsets,
  { offset = null, lastTimestamp, topicId: committedIn }: Partial<CommittedOffset> = {},
  topicId: string | undefined,
): PartitionLag {
  const isFormer = committedIn !== undefined && topicId !== undefined && committedIn !== topicId;
  const committed = isFormer ? null : offset;
  return {
    ...range,
    committed,
    lag: Math.max(0, range.end - (committed ?? range.begin)),
    held: range.highWatermark - range.end,
    ...(committed !== null && lastTimestamp !== undefined && { lastTimestamp }),
    ...(topicId !== undefined && { topicId }),
    ...(isFormer && offset !== null && { former: { offset, topicId: committedIn } }),
  };
}

function lacking(principal: string, missing: readonly NeededRight[], cause?: unknown): KafkaError {
  const rights = missing.map(
    ({ resource, name, operation }) => `${operation.toUpperCase()} on ${resource} ${name}`,
  );
  const commands = missing.map(
    ({ resource, name, operation }) =>
      `kafka-acls --add --allow-principal '${principal}' --operation ${operation} --${resource} ${name}`,
  );
  return new KafkaError(
    'not-authorized',
    `Kafka does not let ${principal} do what this needs: it lacks ${rights.join(' and ')}. Give it with: ${commands.join(' && ')}`,
    { cause },
  );
}

function activeGroup(groupId: string, members: readonly string[]): KafkaError {
  const who = members.length > 0 ? `${members.length} member(s): ${members.join(', ')}` : 'a new member';
  return new KafkaError(
    'group-active',
    `group ${groupId} has ${who}. Its offsets can be set only while none of them runs: stop them first`,
  );
}
