import type { KafkaClient } from '@sluice/kafka-client';
import type { Logger } from '@sluice/telemetry';

/** Which letters are meant: those that fulfil every condition that is given. */
export interface LetterFilter {
  /** Error codes; one that ends in `*` stands for all that begin so (`latitude:*`). */
  readonly codes?: readonly string[];
  /** Where the records failed: `decode`, `transform`, `write` or `source`. */
  readonly stages?: readonly string[];
  /** Letters from then on, ms since the epoch: by the time at which the record became a letter. */
  readonly since?: number;
  /** Letters before then, ms since the epoch. */
  readonly until?: number;
  /** The record's key, as UTF-8 text. */
  readonly key?: string;
  /** Only these letters, by their place in the dead-letter topic. */
  readonly letters?: readonly { readonly partition: number; readonly offset: number }[];
}

export interface RedriveOptions {
  readonly kafka: KafkaClient;
  /** Where the records came from, and go back to. */
  readonly topic: string;
  readonly deadLetters: { readonly topic: string };
  /** The pipeline's consumer group. Progress is kept as offsets of groups named after it. */
  readonly groupId: string;
  /** Default: every letter. */
  readonly filter?: LetterFilter;
  /**
   * Send the dead letters of earlier topics of the same name, and only those: topics that were deleted before this one was created.
   * Their records go to the partitions of their keys. Default false: they are left alone, since whoever recreated a topic may
   * have wanted to be rid of its records.
   */
  readonly formerTopics?: boolean;
  /** How often one record is sent back; after that it is parked: it stays a letter. Default 3. */
  readonly maxRedrives?: number;
  /**
   * Letters whose record is older than this are not sent, ms by its write timestamp: the store may have forgotten a delete that
   * came after it, and the record would bring the row back. For Cassandra it is the table's `gc_grace_seconds`. Default: no limit.
   */
  readonly expiresAfterMs?: number | undefined;
  /** Records sent in a second, at most. Default: no limit. */
  readonly rate?: number;
  readonly logger: Logger;
  /** Called for each few hundred letters that are done with. */
  readonly onProgress?: (progress: RedriveProgressReport) => void;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

export interface RedriveProgressReport {
  /** Letters that were looked at, of those that were there at the start. */
  readonly read: number;
  readonly letters: number;
  readonly sent: number;
}

export interface RedriveRun {
  /** Send nothing and keep no progress. Default: false. */
  readonly dryRun?: boolean;
  /** Forget the progress with this filter, and begin with the oldest letter. Default: false. */
  readonly restart?: boolean;
}

/** Why a letter that fulfils the filter is left alone. */
export type SkipReason =
  /** Another letter of the same record was taken already. */
  | 'duplicate'
  /** The record was sent back before and failed again: its newer letter counts. */
  | 'superseded'
  /** Of the stage `source`: the record was never in the topic. */
  | 'from-source'
  /** The record came from another topic. */
  | 'other-topic'
  /** The record came from an earlier topic of the same name, which was deleted. */
  | 'former-topic'
  /** The record's partition is not in the topic. */
  | 'no-partition'
  /** The record had no timestamp, so nothing tells which updates are newer. */
  | 'no-timestamp'
  /** The dead letter was shortened, and the topic no longer has the whole record. It is among the selected ones. */
  | 'original-expired'
  /**
   * Of a batch that could not be read (`batch-too-large`, `bad-batch`): its records are in the source topic alone. Raise
   * `maxDecompressedBatchBytes` of the writer and set its offset back to theirs. Or of a record above that limit
   * (`record-too-large`), where it is above that of the redrive as well: raise it here.
   */
  | 'incomplete'
  /** A message of the dead-letter topic that itself could not be read. */
  | 'unreadable'
  /** A message without the headers of a letter. */
  | 'not-a-letter';

export interface RedriveSummary {
  /** Letters that were looked at, whatever the filter says. */
  readonly read: number;
  /** Records that fulfil the filter and have a place to go back to: sent, parked, expired and rejected, or in a dry run to be sent. */
  readonly selected: number;
  /** Acknowledged by the brokers. */
  readonly sent: number;
  /** Sent back `maxRedrives` times already. */
  readonly parked: number;
  /** Older than `expiresAfterMs`. */
  readonly expired: number;
  /** Refused by the brokers, mostly for a size to which the headers of a redrive were added. */
  readonly rejected: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Whether every letter was looked at that was there at the start; false after a stop. */
  readonly complete: boolean;
  /** The consumer group that holds the progress. */
  readonly progressGroup: string;
}

/** Letters of one stage and code, a record counted once. */
export interface LetterGroup {
  readonly stage: string;
  readonly code: string;
  readonly records: number;
  /** Of these: what a redrive would send, what reached the limit, what is too old. The rest has no place to go back to. */
  readonly ready: number;
  readonly parked: number;
  readonly expired: number;
  /** Times of the first and the last letter, ms since the epoch. */
  readonly first: number;
  readonly last: number;
}

export interface LetterList {
  readonly groups: readonly LetterGroup[];
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}
