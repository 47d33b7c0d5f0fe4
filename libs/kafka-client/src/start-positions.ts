import { KafkaError, toKafkaError } from './errors.ts';
import type { KafkaAdmin, PartitionLag } from './kafka-admin.ts';
import type { ConsumerOptions } from './options.ts';

/** Where reading a partition begins. */
export interface StartPosition {
  readonly partition: number;
  readonly offset: number;
  /** Elsewhere than kafkajs would begin by itself, which is at the committed offset or the first one. */
  readonly moved: boolean;
  /** Where reading was to go on, but could not; the policy has chosen `offset` in its place. */
  readonly expected: number | undefined;
  /**
   * Timestamp that the record before `offset` had when that was committed, ms: another one there now means that the topic was
   * recreated in between. Undefined where it is unknown: the record is deleted, or nothing was committed with the offset.
   */
  readonly timestampBefore: number | undefined;
}

export interface Starts {
  /** Id of the topic that the positions are of; undefined where the brokers have none. */
  readonly topicId: string | undefined;
  readonly positions: readonly StartPosition[];
}

/** Where the group stood in a partition as this member last knew it. */
interface Known {
  readonly offset: number;
  readonly committed: boolean;
  readonly topicId: string | undefined;
  /** As in {@link StartPosition}: told with each assignment until something is committed, since an assignment may end unheard. */
  readonly expected?: number | undefined;
}

/** Before another id of the topic is believed it is looked up a second time, after this, ms: a broker may lag behind the others. */
const confirmMs = 500;

/**
 * Decides where the partitions of an assignment begin: at the committed offset, at the first one where there is no commit,
 * and by {@link ConsumerOptions.outOfRange} where the records that come next no longer exist, or the topic was recreated.
 *
 * It remembers what it decided, since a commit alone does not tell everything: one that has vanished went with its topic,
 * and records that were deleted before the first commit were deleted unread.
 */
export class StartPositions {
  readonly #admin: KafkaAdmin;
  readonly #options: ConsumerOptions;
  readonly #known = new Map<number, Known>();
  /** Partitions whose committed offset is that of an earlier topic of the same name, by the record before it. */
  readonly #recreated = new Set<number>();
  #topicId: string | undefined;
  /** Ids that the topic had before: a broker that names one does not know of the recreated topic yet. */
  readonly #formerIds = new Set<string>();
  /** An id that differs from what is known, until it is seen a second time. */
  #unconfirmed: string | undefined;

  constructor(admin: KafkaAdmin, options: ConsumerOptions) {
    this.#admin = admin;
    this.#options = options;
  }

  /**
   * Looks up where to begin, again and again while the brokers do not answer; no positions once `signal` has aborted.
   *
   * @throws KafkaError `offset-out-of-range` by the policy, and errors that waiting cannot fix
   */
  async find(partitions: readonly number[], signal: AbortSignal): Promise<Starts> {
    const { groupId, topic } = this.#options;
    for (let delay = 100; partitions.length > 0 && !signal.aborted; delay = Math.min(delay * 2, 2_000)) {
      try {
        const lag = await this.#admin.lag(groupId, topic);
        const topicId = lag[0]?.topicId;
        if (this.#isBelievable(topicId, lag)) {
          this.#adopt(topicId);
          return { topicId, positions: partitions.map((partition) => this.#start(partition, lag)) };
        }
        await elapsed(confirmMs);
      } catch (error) {
        const reason = toKafkaError(error, `looking up the positions of ${topic}`);
        if (!reason.retryable) throw reason;
        await elapsed(delay);
      }
    }
    return { topicId: undefined, positions: [] };
  }

  /** Whether the topic is another one than the positions that were found last are of. */
  isRecreated(topicId: string | undefined): boolean {
    return (
      this.#topicId !== undefined &&
      topicId !== undefined &&
      topicId !== this.#topicId &&
      !this.#formerIds.has(topicId)
    );
  }

  /** Offsets that this member has committed. */
  committed(
    offsets: readonly { readonly partition: number; readonly offset: number }[],
    topicId: string | undefined,
  ): void {
    for (const { partition, offset } of offsets) {
      this.#known.set(partition, { offset, topicId, committed: true });
      this.#recreated.delete(partition);
    }
  }

  /** The committed offset of this partition is not valid: the next lookup decides by the policy. */
  recreated(partition: number): void {
    this.#recreated.add(partition);
    this.#known.delete(partition);
  }

  #isBelievable(topicId: string | undefined, lag: readonly PartitionLag[]): boolean {
    if (topicId === undefined || topicId === this.#topicId) return true;
    if (this.#formerIds.has(topicId)) return false;
    const differs = this.#topicId !== undefined || lag.some(({ former }) => former);
    if (!differs || this.#unconfirmed === topicId) return true;
    this.#unconfirmed = topicId;
    return false;
  }

  #adopt(topicId: string | undefined): void {
    if (topicId === undefined || topicId === this.#topicId) return;
    if (this.#topicId !== undefined) this.#formerIds.add(this.#topicId);
    this.#topicId = topicId;
    this.#unconfirmed = undefined;
  }

  #start(partition: number, lag: readonly PartitionLag[]): StartPosition {
    const { topic } = this.#options;
    const found = lag.find((entry) => entry.partition === partition);
    if (!found)
      throw new KafkaError('unknown-topic', `partition ${partition} of ${topic} has no offsets`, {
        retryable: true,
      });
    const { offset, expected } = this.#decide(found);
    const { topicId } = found;
    this.#known.set(partition, { offset, topicId, expected, committed: offset === found.committed });
    const moved = offset !== (found.committed ?? found.begin);
    const isThere = !moved && offset > found.begin;
    return {
      partition,
      offset,
      expected,
      moved,
      timestampBefore: isThere ? found.lastTimestamp : undefined,
    };
  }

  #decide({
    partition,
    committed,
    begin,
    end,
    highWatermark,
    topicId,
    former,
  }: PartitionLag): Pick<StartPosition, 'offset' | 'expected'> {
    // other tools may have set the group to the high watermark, past what an open transaction holds
    const inTopic = (offset: number) => offset >= begin && offset <= highWatermark;
    if (committed !== null && inTopic(committed) && !this.#recreated.has(partition))
      return { offset: committed, expected: undefined };
    const known = this.#known.get(partition);
    const isOfThisTopic = !known?.topicId || !topicId || known.topicId === topicId;
    if (known && isOfThisTopic && !known.committed && inTopic(known.offset))
      return { offset: known.offset, expected: known.expected };
    const expected = committed ?? former?.offset ?? known?.offset;
    if (expected === undefined) return { offset: begin, expected };
    const { outOfRange = 'fail', topic, groupId } = this.#options;
    if (outOfRange === 'earliest') return { offset: begin, expected };
    if (outOfRange === 'latest') return { offset: end, expected };
    const wasRecreated = former !== undefined || !isOfThisTopic || this.#recreated.has(partition);
    const id = topicId === undefined ? '' : ` and has the id ${topicId}`;
    throw new KafkaError(
      'offset-out-of-range',
      `group ${groupId} was to resume at offset ${expected} of ${topic}[${partition}], which now holds ${begin} to ${highWatermark}: ` +
        (wasRecreated
          ? `the topic was deleted and recreated since${id}. `
          : 'records were deleted before they were read, or the topic was recreated. ') +
        'Decide where to resume (set the group to an offset, or the policy to earliest or latest)',
    );
  }
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
