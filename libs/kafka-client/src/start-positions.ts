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
   * made anew in between. Undefined where it cannot be told: the record is gone, or nothing was committed with the offset.
   */
  readonly timestampBefore: number | undefined;
}

/** Where the group stood in a partition as this member last knew it. */
interface Known {
  readonly offset: number;
  readonly committed: boolean;
  /** As in {@link StartPosition}: told with each assignment until something is committed, since an assignment may end unheard. */
  readonly expected?: number | undefined;
}

/**
 * Decides where the partitions of an assignment begin: at the committed offset, at the first one where there is no commit,
 * and by {@link ConsumerOptions.outOfRange} where the records that come next are no longer there.
 *
 * It remembers what it decided, since a commit alone does not tell everything: one that has vanished went with its topic,
 * and records that were deleted before the first commit were deleted unread.
 */
export class StartPositions {
  readonly #admin: KafkaAdmin;
  readonly #options: ConsumerOptions;
  readonly #known = new Map<number, Known>();
  /** Partitions whose committed offset is that of an earlier topic of the same name. */
  readonly #anew = new Set<number>();

  constructor(admin: KafkaAdmin, options: ConsumerOptions) {
    this.#admin = admin;
    this.#options = options;
  }

  /**
   * Looks up where to begin, again and again while the brokers do not answer; nothing once `signal` has aborted.
   *
   * @throws KafkaError `offset-out-of-range` by the policy, and errors that waiting cannot mend
   */
  async find(partitions: readonly number[], signal: AbortSignal): Promise<readonly StartPosition[]> {
    const { groupId, topic } = this.#options;
    for (let delay = 100; partitions.length > 0 && !signal.aborted; delay = Math.min(delay * 2, 2_000)) {
      try {
        const lag = await this.#admin.lag(groupId, topic);
        return partitions.map((partition) => this.#start(partition, lag));
      } catch (error) {
        const reason = toKafkaError(error, `looking up the positions of ${topic}`);
        if (!reason.retryable) throw reason;
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
    return [];
  }

  /** Offsets that this member has committed. */
  committed(offsets: readonly { readonly partition: number; readonly offset: number }[]): void {
    for (const { partition, offset } of offsets) {
      this.#known.set(partition, { offset, committed: true });
      this.#anew.delete(partition);
    }
  }

  /** Where the group stands in this partition is no longer valid: the next look-up decides by the policy. */
  madeAnew(partition: number): void {
    this.#anew.add(partition);
    this.#known.delete(partition);
  }

  #start(partition: number, lag: readonly PartitionLag[]): StartPosition {
    const { topic } = this.#options;
    const found = lag.find((entry) => entry.partition === partition);
    if (!found)
      throw new KafkaError('unknown-topic', `partition ${partition} of ${topic} has no offsets`, {
        retryable: true,
      });
    const { offset, expected } = this.#decide(found);
    this.#known.set(partition, { offset, expected, committed: offset === found.committed });
    const moved = offset !== (found.committed ?? found.begin);
    const isThere = !moved && offset > found.begin;
    return {
      partition,
      offset,
      expected,
      moved,
      timestampBefore: isThere ? timestampIn(found.metadata) : undefined,
    };
  }

  #decide({ partition, committed, begin, end }: PartitionLag): Pick<StartPosition, 'offset' | 'expected'> {
    const inTopic = (offset: number) => offset >= begin && offset <= end;
    if (committed !== null && inTopic(committed) && !this.#anew.has(partition))
      return { offset: committed, expected: undefined };
    const known = this.#known.get(partition);
    if (known && !known.committed && inTopic(known.offset))
      return { offset: known.offset, expected: known.expected };
    const expected = committed ?? known?.offset;
    if (expected === undefined) return { offset: begin, expected };
    const { outOfRange = 'fail', topic, groupId } = this.#options;
    if (outOfRange === 'earliest') return { offset: begin, expected };
    if (outOfRange === 'latest') return { offset: end, expected };
    throw new KafkaError(
      'offset-out-of-range',
      `group ${groupId} was to go on at offset ${expected} of ${topic}[${partition}], which now holds ${begin} to ${end}: ` +
        'records were deleted before they were read, or the topic was made anew. ' +
        'Decide where to go on (set the group to an offset, or the policy to earliest or latest)',
    );
  }
}

/** What a commit carries beside its offset: the timestamp of the record before it, ms. */
export function metadataOf(lastTimestamp: number | undefined): string {
  return lastTimestamp === undefined ? '' : String(lastTimestamp);
}

/** Other clients may have committed something else, or nothing. */
function timestampIn(metadata: string | null): number | undefined {
  return metadata !== null && /^\d{1,15}$/.test(metadata) ? Number(metadata) : undefined;
}
