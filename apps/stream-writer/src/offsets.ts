import type { KafkaAdmin, PartitionLag } from '@sluice/kafka-client';
import { createLogger, printable } from '@sluice/telemetry';
import { InvalidArgumentError } from 'commander';
import { parseInstant } from './arguments.ts';
import type { WriterConfig } from './config.ts';
import { kafkaClient, withAdmin } from './servers.ts';
import { requireTopics } from './write.ts';

/** Where a group is to go on: `timestamp` in ms since the epoch. */
export type OffsetTarget =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'timestamp'; readonly timestamp: number }
  | { readonly kind: 'offset'; readonly offset: number };

export interface OffsetsOptions {
  readonly to?: OffsetTarget;
  /** Partitions to move; all where none is given. */
  readonly partition?: readonly number[];
  readonly yes: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

interface PartitionPlan extends Omit<PartitionLag, 'lastTimestamp' | 'topicId'> {
  /** Where the partition is to go on, and how many records are read again or skipped by that. */
  readonly to?: number;
  readonly rereads?: number;
  readonly skips?: number;
}

export function offsetTarget(text: string): OffsetTarget {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) };
  const timestamp = parseInstant(text);
  if (timestamp !== undefined) return { kind: 'timestamp', timestamp };
  throw new InvalidArgumentError(
    'It needs earliest, latest, an offset, or an instant such as 2026-11-22T18:00:00Z.',
  );
}

/** Shows where the writer's group stands in each partition, and moves it where asked to, while no writer runs. */
export async function offsets(config: WriterConfig, options: OffsetsOptions): Promise<void> {
  const { to, yes, json, signal } = options;
  const { KAFKA_TOPIC: topic, KAFKA_GROUP_ID: group } = config;
  const logger = createLogger({ name: 'offsets', level: config.LOG_LEVEL });
  const kafka = kafkaClient(config, logger);
  const waiting = { logger, signal };
  await requireTopics(config, kafka, waiting, [
    { resource: 'topic', name: topic, operation: to ? 'read' : 'describe' },
    { resource: 'group', name: group, operation: to ? 'read' : 'describe' },
  ]);
  const report = await withAdmin(kafka, config, waiting, async (admin) => {
    const members = await admin.members(group);
    const partitions = await plan(admin, config, options);
    const moved = partitions.flatMap(({ partition, committed, to: offset }) =>
      offset === undefined || offset === committed ? [] : [{ partition, offset }],
    );
    if (yes) await admin.setOffsets(group, topic, moved);
    return { group, topic, members, partitions, applied: yes };
  });
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(asText(report, { isPreview: to !== undefined && !yes }));
}

async function plan(
  admin: KafkaAdmin,
  { KAFKA_TOPIC: topic, KAFKA_GROUP_ID: group }: WriterConfig,
  { to, partition: chosen }: OffsetsOptions,
): Promise<readonly PartitionPlan[]> {
  const lag = await admin.lag(group, topic);
  const unknown = chosen?.filter((number) => !lag.some(({ partition }) => partition === number)) ?? [];
  if (unknown.length > 0)
    throw new OffsetsError(
      `topic ${topic} has no partition ${unknown.join(', ')}; it has 0 to ${lag.length - 1}`,
    );
  const targets = to && (await targetsOf(admin, topic, to, lag));
  return lag.map(({ lastTimestamp: _, topicId: __, ...found }) => {
    const isChosen = chosen?.includes(found.partition) ?? true;
    const target = isChosen ? targets?.get(found.partition) : undefined;
    if (target === undefined) return found;
    const { begin, end, committed, partition } = found;
    if (target < begin || target > end)
      throw new OffsetsError(
        `offset ${target} is not in ${topic}[${partition}], which holds ${begin} to ${end}; name partitions with --partition`,
      );
    const now = Math.min(end, Math.max(begin, committed ?? begin));
    return { ...found, to: target, rereads: Math.max(0, now - target), skips: Math.max(0, target - now) };
  });
}

async function targetsOf(
  admin: KafkaAdmin,
  topic: string,
  to: OffsetTarget,
  lag: readonly PartitionLag[],
): Promise<ReadonlyMap<number, number>> {
  if (to.kind === 'timestamp') {
    const found = await admin.offsetsAt(topic, to.timestamp);
    return new Map(found.map(({ partition, offset }) => [partition, offset]));
  }
  return new Map(
    lag.map(({ partition, begin, end }) => {
      if (to.kind === 'offset') return [partition, to.offset];
      return [partition, to.kind === 'earliest' ? begin : end];
    }),
  );
}

interface Report {
  readonly group: string;
  readonly topic: string;
  readonly members: readonly string[];
  readonly partitions: readonly PartitionPlan[];
  readonly applied: boolean;
}

function asText(
  { group, topic, members, partitions, applied }: Report,
  { isPreview }: { isPreview: boolean },
): string {
  const state =
    members.length > 0 ? `${members.length} member(s): ${printable(members.join(', '))}` : 'stopped';
  const head = ['partition', 'begin', 'end', 'committed', 'lag', 'held'];
  const withTarget = isPreview || applied;
  const rows = partitions.map(({ partition, begin, end, committed, lag, held, ...change }) => [
    ...[partition, begin, end, committed ?? '-', lag, held].map(String),
    ...(withTarget ? [String(change.to ?? '-'), effect(change)] : []),
  ]);
  const lines = [withTarget ? [...head, 'to', 'effect'] : head, ...rows];
  const table = lines.map((cells) =>
    cells
      .map((cell) => cell.padEnd(11))
      .join(' ')
      .trimEnd(),
  );
  const last = applied ? ['The group was moved.'] : isPreview ? ['Nothing is changed; --yes does it.'] : [];
  return [`group ${group} of topic ${topic}: ${state}`, ...table, ...last, ''].join('\n');
}

function effect({ to, rereads = 0, skips = 0 }: Pick<PartitionPlan, 'to' | 'rereads' | 'skips'>): string {
  if (to === undefined) return 'stays';
  if (rereads > 0) return `reads ${rereads} again`;
  return skips > 0 ? `skips ${skips}` : 'same';
}

class OffsetsError extends Error {
  override readonly name = 'OffsetsError';
  readonly code = 'bad-offset';
}
