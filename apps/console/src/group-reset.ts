import type { ClusterInspector, GroupDescription, KafkaClient } from '@sluice/kafka-client';
import type { ResetPlan, ResetPreviewRequest, ResetRequest } from './contract/groups.ts';
import type { Link } from './link.ts';
import { offsetOf } from './positions.ts';
import { badRequest, conflict } from './problem.ts';

type Planned = ResetPlan['partitions'][number];

/** What a reset would do, and doing it: only while the group has no member, and only what the operator saw. */
export class GroupReset {
  readonly #cluster: Pick<Link<ClusterInspector>, 'use'>;
  readonly #kafka: Pick<KafkaClient, 'admin'>;

  constructor(cluster: Pick<Link<ClusterInspector>, 'use'>, kafka: Pick<KafkaClient, 'admin'>) {
    this.#cluster = cluster;
    this.#kafka = kafka;
  }

  /** @throws ConsoleError 400; KafkaError `unknown-topic` */
  plan(group: string, { topic, to, partitions: chosen }: ResetPreviewRequest): Promise<ResetPlan> {
    return this.#cluster.use(async (inspector) => {
      const topics = await inspector.topics([topic]);
      const [begins, ends, committed, descriptions, byTime] = await Promise.all([
        inspector.begins(topics),
        inspector.ends(topics),
        inspector.committed(group),
        inspector.groups([group]),
        to.kind === 'time' ? inspector.offsetsAt(topics, to.time) : undefined,
      ]);
      const offsets = new Map(
        committed
          .filter((found) => found.topic === topic)
          .map(({ partition, offset }) => [partition, offset]),
      );
      const all = [...(ends.get(topic) ?? [])].sort(([one], [other]) => one - other);
      const unknown = chosen?.filter((partition) => !all.some(([known]) => known === partition)) ?? [];
      if (unknown.length > 0) throw badRequest(`topic ${topic} has no partition ${unknown.join(', ')}`);
      const partitions = all
        .filter(([partition]) => chosen?.includes(partition) ?? true)
        .map(([partition, end]): Planned => {
          const begin = begins.get(topic)?.get(partition) ?? 0;
          const target =
            to.kind === 'earliest'
              ? begin
              : to.kind === 'latest'
                ? end
                : to.kind === 'offset'
                  ? offsetOf(to.offset)
                  : (byTime?.get(topic)?.get(partition) ?? end);
          return planned({ topic, partition, begin, end, committed: offsets.get(partition) ?? null, target });
        });
      const members = descriptions[0]?.members ?? [];
      return {
        group,
        topic,
        blocked: members.length > 0 ? runningText(members) : null,
        partitions,
        rereads: partitions.reduce((sum, { rereads }) => sum + rereads, 0),
        skips: partitions.reduce((sum, { skips }) => sum + skips, 0),
        applied: false,
      };
    });
  }

  /** @throws ConsoleError 409 where the group runs, or is not where the operator saw it */
  async apply(group: string, { expected, ...request }: ResetRequest): Promise<ResetPlan> {
    const plan = await this.plan(group, request);
    if (plan.blocked !== null)
      throw conflict('group-active', plan.blocked, 'Stop the members, then look at the preview again.');
    const same =
      plan.partitions.length === expected.length &&
      plan.partitions.every(({ partition, committed, to }) =>
        expected.some(
          (seen) => seen.partition === partition && seen.committed === committed && seen.to === to,
        ),
      );
    if (!same)
      throw conflict(
        'group-moved',
        'the group or the topic moved since the preview',
        'Look at the preview again.',
      );
    const moved = plan.partitions
      .filter(({ committed, to }) => committed !== to)
      .map(({ partition, to }) => ({ partition, offset: Number(to) }));
    const admin = await this.#kafka.admin();
    try {
      await admin.setOffsets(group, plan.topic, moved);
    } finally {
      await admin.close();
    }
    return { ...plan, applied: true };
  }
}

function runningText(members: GroupDescription['members']): string {
  const names = members.map(({ clientId, host }) => `${clientId} at ${host}`).join(', ');
  return members.length === 1
    ? `One member runs: ${names}. Stop it first.`
    : `${members.length} members run: ${names}. Stop them first.`;
}

function planned({
  topic,
  partition,
  begin,
  end,
  committed,
  target,
}: {
  readonly topic: string;
  readonly partition: number;
  readonly begin: number;
  readonly end: number;
  readonly committed: number | null;
  readonly target: number;
}): Planned {
  if (target < begin || target > end)
    throw badRequest(
      `offset ${target} is not in ${topic}[${partition}], which holds ${begin} to ${end}`,
      'Choose another offset, or only the partitions that have it.',
    );
  const now = Math.min(end, Math.max(begin, committed ?? begin));
  return {
    partition,
    begin: String(begin),
    end: String(end),
    committed: committed === null ? null : String(committed),
    to: String(target),
    rereads: Math.max(0, now - target),
    skips: Math.max(0, target - now),
  };
}
