import type { ConsumedRecord } from '@sluice/kafka-client';
import { standsForRange } from '../letter-source.ts';
import { identityOf, type Letter, readLetter, writeTimestampOf } from './letter.ts';
import { isMeant } from './letter-filter.ts';
import type { LetterFilter, SkipReason } from './options.ts';

/** What is to be done with a letter. */
export type Sorted =
  | { readonly kind: 'ready' | 'parked' | 'expired'; readonly letter: Letter }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly letter: Letter | undefined }
  /** Not meant by the filter. */
  | { readonly kind: 'other' };

export interface SortingOptions {
  readonly topic: string;
  /** Partitions that the topic has. */
  readonly partitions: number;
  readonly filter: LetterFilter;
  /** Whether the dead letters of earlier topics of the same name are meant, in place of those of this one. Default: false. */
  readonly formerTopics?: boolean;
  readonly maxRedrives: number;
  /** Records with an older write timestamp are expired, ms since the epoch; -Infinity where none is. */
  readonly expiredBefore: number;
}

/** Records whose letters are told apart from duplicates; a duplicate further away is taken for a record of its own, which is harmless. */
const rememberedRecords = 1_000_000;

/**
 * Sorts letters so that of all letters of a record only the newest counts. A record is known by its topic's id, its partition and the
 * offset that it had when it was new: it keeps them when it is sent back, fails again and becomes another letter.
 *
 * Two passes: {@link note} each letter, then {@link sort} each, with `isFormer` for those of an earlier topic of the same name. Kept in memory are the records that failed again after a redrive
 * (~100 bytes each), and the last million that were sorted, which tell duplicates.
 */
export class LetterSorter {
  readonly #options: SortingOptions;
  readonly #redrives = new Map<string, number>();
  readonly #taken = new Set<string>();

  constructor(options: SortingOptions) {
    this.#options = options;
  }

  /** First pass. */
  note(record: ConsumedRecord, isFormer = false): void {
    const letter = record.unreadable ? undefined : readLetter(record);
    if (!letter || letter.redrives === 0 || letter.source?.topic !== this.#options.topic) return;
    const identity = identityOf(letter, isFormer);
    if (letter.redrives > (this.#redrives.get(identity) ?? 0)) this.#redrives.set(identity, letter.redrives);
  }

  /** Second pass, in the order of the topic. */
  sort(record: ConsumedRecord, isFormer = false): Sorted {
    const letter = record.unreadable ? undefined : readLetter(record);
    const skipped = (reason: SkipReason): Sorted => ({ kind: 'skipped', reason, letter });
    if (record.unreadable) return skipped('unreadable');
    if (!letter) return skipped('not-a-letter');
    const { topic, partitions, filter, formerTopics = false, maxRedrives, expiredBefore } = this.#options;
    if (!isMeant(letter, filter)) return { kind: 'other' };
    if (!letter.source) return skipped('from-source');
    if (letter.source.topic !== topic) return skipped('other-topic');
    if (isFormer !== formerTopics) return isFormer ? skipped('former-topic') : { kind: 'other' };

    if (standsForRange(letter.stage, letter.code)) return skipped('incomplete');
    const identity = identityOf(letter, isFormer);
    if (letter.redrives < (this.#redrives.get(identity) ?? 0)) return skipped('superseded');
    if (!this.#take(identity)) return skipped('duplicate');

    if (!isFormer && letter.source.partition >= partitions) return skipped('no-partition');
    const writeTimestamp = writeTimestampOf(letter);
    if (writeTimestamp === undefined) return skipped('no-timestamp');
    if (letter.redrives >= maxRedrives) return { kind: 'parked', letter };
    return { kind: writeTimestamp / 1000 < expiredBefore ? 'expired' : 'ready', letter };
  }

  /** Whether this is the first letter of that record. */
  #take(identity: string): boolean {
    if (this.#taken.has(identity)) return false;
    this.#taken.add(identity);
    if (this.#taken.size > rememberedRecords) {
      const [oldest] = this.#taken;
      if (oldest !== undefined) this.#taken.delete(oldest);
    }
    return true;
  }
}
