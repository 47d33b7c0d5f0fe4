import type { ClusterInspector, GroupDescription, KafkaClient, TopicDescription } from '@sluice/kafka-client';
import type { ConsoleConfig } from './config.ts';
import type { GroupDetails, GroupList, GroupPartition, GroupSummary } from './contract/groups.ts';
import type { Link } from './link.ts';
import { mapSome } from './map-some.ts';
import { notFound } from './problem.ts';
import { Rate } from './rate.ts';
import { catchUpSeconds } from './sampler.ts';

type Cluster = Pick<Link<ClusterInspector>, 'use'>;
type PipelineNames = Pick<ConsoleConfig, 'KAFKA_GROUP_ID' | 'KAFKA_TOPIC'>;

/** Records whose time is read at once, and how long it may take, ms. */
const timedPartitions = 32;
const timeLagMs = 2_500;
const groupsAtOnce = 20;
/** Partitions of groups whose rates are remembered. */
const maxRates = 20_000;

interface Found {
  readonly description: GroupDescription;
  readonly partitions: readonly Omit<GroupPartition, 'timeLagMs' | 'recordsPerSecond' | 'member'>[];
}

/** Consumer groups with their lag. */
export class Groups {
  readonly #cluster: Cluster;
  readonly #kafka: Pick<KafkaClient, 'read'>;
  readonly #pipeline: PipelineNames;
  readonly #now: () => number;
  readonly #rates = new Map<string, { readonly committed: Rate; readonly end: Rate }>();

  constructor(
    cluster: Cluster,
    kafka: Pick<KafkaClient, 'read'>,
    pipeline: PipelineNames,
    now: () => number = Date.now,
  ) {
    this.#cluster = cluster;
    this.#kafka = kafka;
    this.#pipeline = pipeline;
    this.#now = now;
  }

  async list(): Promise<GroupList> {
    const found = await this.#cluster.use(async (inspector) =>
      this.#look(inspector, await inspector.groupIds()),
    );
    return { at: this.#now(), groups: found.map((group) => this.#summary(group)) };
  }

  /** @throws ConsoleError 404 */
  async details(group: string): Promise<GroupDetails> {
    const [found] = await this.#cluster.use((inspector) => this.#look(inspector, [group]));
    if (!found || (found.description.state === 'Dead' && found.partitions.length === 0))
      throw notFound(`there is no consumer group ${group}`, 'Look at the list of groups.');
    const at = this.#now();
    const ages = await this.#ages(found, at);
    const partitions = found.partitions.map((partition): GroupPartition => {
      const key = `${partition.topic} ${partition.partition}`;
      const rates = this.#rate(`${group} ${key}`);
      if (partition.committed !== null) rates.committed.add(at, Number(partition.committed));
      rates.end.add(at, Number(partition.end));
      return {
        ...partition,
        timeLagMs: partition.lag === 0 ? 0 : (ages.get(key) ?? null),
        recordsPerSecond: rates.committed.perSecond,
        member: memberOf(found.description, partition),
      };
    });
    const summary = this.#summary(found);
    const written = sumOrNull(partitions.map(({ recordsPerSecond }) => recordsPerSecond));
    const produced = sumOrNull(
      partitions.map(({ topic, partition }) => this.#rate(`${group} ${topic} ${partition}`).end.perSecond),
    );
    const times = partitions.map((partition) => partition.timeLagMs);
    return {
      at,
      summary,
      members: found.description.members.map(({ memberId, clientId, host, assignment }) => ({
        id: memberId,
        client: clientId,
        host,
        partitions: assignment.flatMap(({ topic, partitions: numbers }) =>
          numbers.map((partition) => ({ topic, partition })),
        ),
      })),
      partitions,
      timeLagMs: times.includes(null) ? null : Math.max(0, ...times.map(Number)),
      recordsPerSecond: written,
      catchUpSeconds: catchUpSeconds(summary.lag, written, produced),
    };
  }

  async #look(inspector: ClusterInspector, groupIds: readonly string[]): Promise<Found[]> {
    const [descriptions, committed] = await Promise.all([
      inspector.groups(groupIds),
      mapSome(groupIds, groupsAtOnce, (group) => inspector.committed(group)),
    ]);
    const names = new Set(
      [
        ...committed.flat(),
        ...descriptions.flatMap(({ members }) => members.flatMap(({ assignment }) => assignment)),
      ].map(({ topic }) => topic),
    );
    // a group may have offsets of topics that were deleted
    const topics = names.size === 0 ? [] : (await inspector.topics()).filter(({ topic }) => names.has(topic));
    const [begins, ends, highs] = await Promise.all([
      inspector.begins(topics),
      inspector.ends(topics),
      inspector.highWatermarks(topics),
    ]);
    return groupIds.map((groupId, at) => {
      const description = descriptions.find((found) => found.groupId === groupId) ?? {
        groupId,
        state: 'Dead',
        members: [],
      };
      const offsets = new Map(
        (committed[at] ?? []).map(({ topic, partition, offset }) => [`${topic} ${partition}`, offset]),
      );
      const own = topics.filter(
        ({ topic }) =>
          (committed[at] ?? []).some((offset) => offset.topic === topic) || isAssigned(description, topic),
      );
      return {
        description,
        partitions: own.flatMap(({ topic, partitions }) =>
          partitions.flatMap(({ partition }) => {
            const begin = begins.get(topic)?.get(partition);
            const end = ends.get(topic)?.get(partition);
            if (begin === undefined || end === undefined) return [];
            const offset = offsets.get(`${topic} ${partition}`) ?? null;
            return [
              {
                topic,
                partition,
                begin: String(begin),
                end: String(end),
                committed: offset === null ? null : String(offset),
                lag: Math.max(0, end - Math.max(offset ?? begin, begin)),
                held: Math.max(0, (highs.get(topic)?.get(partition) ?? end) - end),
              },
            ];
          }),
        ),
      };
    });
  }

  /** Ages of the records that come next, by topic and partition, ms; those that cannot be told in time are left out. */
  async #ages({ partitions }: Found, now: number): Promise<Map<string, number>> {
    const ages = new Map<string, number>();
    const behind = partitions.filter(({ lag }) => lag > 0).slice(0, timedPartitions);
    const topics = [...new Set(behind.map(({ topic }) => topic))];
    const signal = AbortSignal.timeout(timeLagMs);
    await Promise.all(
      topics.map(async (topic) => {
        const some = behind.filter((found) => found.topic === topic);
        const ranges = new Map(
          some.map(({ partition, begin, committed }) => {
            const from = Math.max(Number(committed ?? begin), Number(begin));
            return [partition, { from, to: from + 1 }] as const;
          }),
        );
        try {
          for await (const { partition, records } of this.#kafka.read({
            topic,
            ranges,
            signal,
            maxBytesPerPartition: 1,
          })) {
            const [record] = records;
            if (record && record.timestamp >= 0)
              ages.set(`${topic} ${partition}`, Math.max(0, now - record.timestamp));
          }
        } catch {
          // shown as not known: the lag itself is of use without it
        }
      }),
    );
    return ages;
  }

  #summary({ description: { groupId, state, members }, partitions }: Found): GroupSummary {
    return {
      group: groupId,
      state,
      members: members.length,
      topics: [...new Set(partitions.map(({ topic }) => topic))],
      lag: partitions.length === 0 ? null : partitions.reduce((sum, { lag }) => sum + lag, 0),
      held: partitions.length === 0 ? null : partitions.reduce((sum, { held }) => sum + held, 0),
      role: this.#role(groupId),
    };
  }

  #role(group: string): GroupSummary['role'] {
    const { KAFKA_GROUP_ID: writers } = this.#pipeline;
    if (group === writers) return 'writer';
    return group.startsWith(`${writers}-redrive-`) ? 'redrive-progress' : null;
  }

  #rate(key: string): { readonly committed: Rate; readonly end: Rate } {
    const known = this.#rates.get(key);
    if (known) return known;
    if (this.#rates.size >= maxRates) this.#rates.clear();
    const made = { committed: new Rate(10_000), end: new Rate(10_000) };
    this.#rates.set(key, made);
    return made;
  }
}

function isAssigned({ members }: GroupDescription, name: TopicDescription['topic']): boolean {
  return members.some(({ assignment }) => assignment.some(({ topic }) => topic === name));
}

function memberOf(
  { members }: GroupDescription,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): string | null {
  const owner = members.find(({ assignment }) =>
    assignment.some((assigned) => assigned.topic === topic && assigned.partitions.includes(partition)),
  );
  return owner ? `${owner.clientId} at ${owner.host}` : null;
}

function sumOrNull(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null);
  return known.length === 0 ? null : known.reduce((sum, number) => sum + number, 0);
}
