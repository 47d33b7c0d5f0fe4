import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumedRecord, KafkaAdmin, KafkaClient, PartitionOffsets } from '@sluice/kafka-client';
import { PipelineError } from '../errors.ts';

interface PartitionScope {
  readonly partition: number;
  /** First offset that is still in the topic. */
  readonly begin: number;
  /** Where the audit begins to read. */
  readonly from: number;
  /** The records before this one are settled: the group has committed them. What the table is judged by ends here. */
  readonly settled: number;
  /** End of the topic when the audit began. */
  readonly end: number;
}

export type Ranges = ReadonlyMap<number, { readonly from: number; readonly to: number }>;

const pollMs = 200;
/** How long a group without members is waited for: its writer may be about to join. */
const joiningMs = 3_000;

interface ScopeOptions {
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly groupId: string;
  readonly since?: number | undefined;
  readonly settleMs: number;
  readonly waitForTransactions: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Which records an audit judges by. */
export class TopicScope {
  readonly #options: ScopeOptions;
  #partitions: readonly PartitionScope[];
  /** Offsets that open transactions held back at the start: they are not looked at. */
  readonly held: number;
  /** Id of the topic; undefined where the brokers have none. */
  readonly topicId: string | undefined;

  /**
   * Takes the current end of what can be read of the topic, or with `waitForTransactions` of all that is in it. While the group
   * settles records, it is given time to reach that end: an offset is committed after the write, so that what is committed must be
   * in the table.
   *
   * @throws PipelineError `nothing-settled` where the group has never committed
   */
  static async take(options: ScopeOptions): Promise<TopicScope> {
    const { kafka, topic, groupId, since, settleMs, waitForTransactions, signal } = options;
    const admin = await kafka.admin();
    try {
      const starts = since === undefined ? undefined : await startsAt(admin, topic, since);
      const first = await admin.offsets(topic);
      if (waitForTransactions) await transactionsEnded(admin, topic, first, signal);
      const ends = new Map(
        first.map(({ partition, end, highWatermark }) => [
          partition,
          waitForTransactions ? highWatermark : end,
        ]),
      );
      const held = waitForTransactions ? 0 : heldIn(first);
      const patience = new Patience(settleMs);
      for (;;) {
        const lags = await admin.lag(groupId, topic);
        const partitions = lags
          .filter(({ partition }) => ends.has(partition))
          .map(({ partition, begin, committed }): PartitionScope => {
            const end = ends.get(partition) ?? begin;
            const from = Math.max(begin, starts?.get(partition) ?? begin);
            const settled = Math.max(from, Math.min(committed ?? begin, end));
            return { partition, begin, from, settled, end };
          });
        const scope = new TopicScope(options, partitions, { held, topicId: lags[0]?.topicId });
        if (scope.unsettled === 0) return scope;
        const { members } = await admin.group(groupId);
        if (patience.isOver(scope.unsettled, members)) {
          if (lags.every(({ committed }) => committed === null)) throw nothingSettled(groupId, topic);
          return scope;
        }
        await delay(pollMs, undefined, signal ? { signal } : {});
      }
    } finally {
      await admin.close();
    }
  }

  private constructor(
    options: ScopeOptions,
    partitions: readonly PartitionScope[],
    { held, topicId }: { readonly held: number; readonly topicId: string | undefined },
  ) {
    this.#options = options;
    this.topicId = topicId;
    this.#partitions = partitions;
    this.held = held;
  }

  get partitions(): readonly PartitionScope[] {
    return this.#partitions;
  }

  /** What was in the topic at the start and cannot be judged, records. */
  get unsettled(): number {
    return this.#partitions.reduce((sum, { settled, end }) => sum + Math.max(0, end - settled), 0);
  }

  get records(): number {
    return this.#partitions.reduce((sum, { from, settled }) => sum + Math.max(0, settled - from), 0);
  }

  /** Whether keys may have had records that are no longer in the topic. */
  get trimmed(): boolean {
    return this.#partitions.some(({ begin }) => begin > 0);
  }

  /** Whether reading a partition begins after records that it had. */
  beginsLate(partition: number): boolean {
    return this.#of(partition).from > 0;
  }

  /** Whether the group has committed a record. */
  isSettled({ partition, offset }: ConsumedRecord): boolean {
    return offset < this.#of(partition).settled;
  }

  get settledRanges(): Ranges {
    return new Map(
      this.#partitions.map(({ partition, from, settled }) => [partition, { from, to: settled }]),
    );
  }

  /** From the settled records, or from the start, up to the current end. Partitions that were added meanwhile are read as well. */
  async rangesUpToNow({ fromStart }: { readonly fromStart: boolean }): Promise<Ranges> {
    const known = new Map(this.#partitions.map((scope) => [scope.partition, scope]));
    return new Map(
      (await this.#offsets()).map(({ partition, begin, end }) => {
        const { from = begin, settled = begin } = known.get(partition) ?? {};
        return [partition, { from: Math.max(begin, fromStart ? from : settled), to: end }];
      }),
    );
  }

  /** Takes over what retention has left of the topic. */
  async refresh(): Promise<void> {
    const begins = new Map((await this.#offsets()).map(({ partition, begin }) => [partition, begin]));
    this.#partitions = this.#partitions.map((scope) => {
      const begin = begins.get(scope.partition) ?? scope.begin;
      return { ...scope, begin, from: Math.max(scope.from, begin), settled: Math.max(scope.settled, begin) };
    });
  }

  async #offsets() {
    const admin = await this.#options.kafka.admin();
    return admin.offsets(this.#options.topic).finally(() => admin.close());
  }

  #of(partition: number): PartitionScope {
    return (
      this.#partitions.find((scope) => scope.partition === partition) ?? {
        partition,
        begin: 0,
        from: 0,
        settled: 0,
        end: 0,
      }
    );
  }
}

/** Waits for as long as records are being settled. */
class Patience {
  readonly #settleMs: number;
  #unsettled = Infinity;
  #since = performance.now();

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  isOver(unsettled: number, members: number): boolean {
    const now = performance.now();
    if (unsettled < this.#unsettled) this.#since = now;
    this.#unsettled = unsettled;
    return now - this.#since > (members > 0 ? this.#settleMs : Math.min(joiningMs, this.#settleMs));
  }
}

/** Waits until what was in the topic at the start can be read: its transactions were committed or aborted. */
async function transactionsEnded(
  admin: KafkaAdmin,
  topic: string,
  start: readonly PartitionOffsets[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const wanted = new Map(start.map(({ partition, highWatermark }) => [partition, highWatermark]));
  for (let now = start; now.some(({ partition, end }) => end < (wanted.get(partition) ?? 0));) {
    await delay(pollMs, undefined, signal ? { signal } : {});
    now = await admin.offsets(topic);
  }
}

function heldIn(offsets: readonly PartitionOffsets[]): number {
  return offsets.reduce((sum, { end, highWatermark }) => sum + highWatermark - end, 0);
}

function nothingSettled(groupId: string, topic: string): PipelineError {
  const message =
    `group ${groupId} has committed nothing in ${topic}, so that nothing has to be in the table: ` +
    'name the group of the writers (groupId), or drain the topic first';
  return new PipelineError('nothing-settled', message);
}

async function startsAt(admin: KafkaAdmin, topic: string, since: number) {
  const offsets = await admin.offsetsAt(topic, since);
  return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
}
