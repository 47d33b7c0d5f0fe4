import type { CassandraSession, TableDefinition } from '@sluice/cassandra-repository';
import type { KafkaClient } from '@sluice/kafka-client';
import type { RecordHeld } from '../errors.ts';
import type { RecordDecoder } from '../options.ts';

/**
 * What an audit calls damage:
 *
 * | kind | what was found |
 * |---|---|
 * | `missing` | the newest record of a key is an upsert, and there is no row |
 * | `stale` | the row, or a cell of it, carries an older write timestamp than the newest record |
 * | `altered` | the row is as new as the newest record or newer, and has other values |
 * | `orphaned` | a row without any record, in a topic that has lost none |
 * | `undeleted` | the newest record deletes the row, and it is there |
 * | `unaccounted` | a record that cannot be processed has no dead letter |
 */
export const damageKinds = ['missing', 'stale', 'altered', 'orphaned', 'undeleted', 'unaccounted'] as const;
export type DamageKind = (typeof damageKinds)[number];

export interface AuditOptions<Row extends object> {
  readonly kafka: KafkaClient;
  readonly topic: string;
  /** The writer's consumer group: what it has committed is what the table must show. */
  readonly groupId: string;
  readonly deadLetterTopic: string;
  /** The writer's decoder. Of a topic for several tables: one that gives the rows of this table. */
  readonly decode: RecordDecoder<Row>;
  readonly session: CassandraSession;
  readonly table: TableDefinition;
  /** The TTL that the writer gives to rows, s: a row that is not there may have expired. Default: the table's. */
  readonly ttlSeconds?: number;
  /** Judge only by records from this time on, ms since the epoch. Rows without one are not judged. Default: all. */
  readonly since?: number;
  /** Judge only a part of the keys, chosen by hash: a share of them (0 to 1), or about a number. Default: all. */
  readonly sample?: { readonly share: number } | { readonly keys: number };
  /** Memory for the newest version of each key, bytes: with more keys than fit, the topic is read several times. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** How many damages the report lists, of all kinds together; all are counted. Default 100. */
  readonly maxFindings?: number;
  /** Mend what can be mended. Needs a group without members and without lag. Default false. */
  readonly repair?: boolean;
  /**
   * A running writer is waited for to settle what was in the topic at the start, for as long as it settles any of it within this
   * time, ms. Default 60,000.
   */
  readonly settleMs?: number;
  /** Wait until the transactions that are open at the start have ended, to judge by their records, too. Default false. */
  readonly waitForTransactions?: boolean;
  /** Told of each record that cannot be decoded yet, such as for a registry that is away, and is waited for. */
  readonly onHeld?: (held: RecordHeld) => void;
  /** Called often. */
  readonly onProgress?: (progress: AuditProgress) => void;
  readonly signal?: AbortSignal;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
  /** From 0 to 1, chooses the keys of a sample. Default: Math.random. */
  readonly random?: () => number;
}

export interface AuditProgress {
  readonly phase: 'settling' | 'letters' | 'topic' | 'table' | 'again' | 'repair';
  /** From 1: how often the topic is being read. */
  readonly pass: number;
  /** Read in this pass. */
  readonly records: number;
  /** To read in a pass. */
  readonly recordsInAll: number;
  /** Keys judged so far and in this pass. */
  readonly keys: number;
  /** Rows read so far. */
  readonly rows: number;
}

/** One damage. Without values but the key's. */
export interface Finding {
  readonly kind: DamageKind;
  /** The row's primary key as text; null for a record that cannot be read. */
  readonly key: string | null;
  /** Where the newest record of the key is, or the record without a letter; null for an orphaned row. */
  readonly partition: number | null;
  readonly offset: number | null;
  /** Of that record, us. */
  readonly writeTimestamp: number | null;
  /** The newest write timestamp in the row, us; null where there is none. */
  readonly rowWriteTimestamp: number | null;
  /** Columns with other values than the record's. */
  readonly columns?: readonly string[];
  /** Why the record cannot be processed: the code that its dead letter would have. */
  readonly code?: string;
}

export interface RepairReport {
  readonly mended: number;
  /** Of those: written with a later timestamp than their record has, since the row had a later one. Updates between the two are lost. */
  readonly later: number;
  /** Of those: written with the present time, since something that cannot be read, such as a delete by hand, hid the row. */
  readonly atNow: number;
  /** Records that were sent to the dead letters. Not among `mended`. */
  readonly letters: number;
  /** Damages that are still there, by the reason. */
  readonly notMended: Readonly<Record<string, number>>;
}

export interface AuditReport {
  /** No damage, or all of it mended, and nothing unsettled. */
  readonly ok: boolean;
  readonly topic: string;
  readonly table: string;
  /** What was read: from `from`, up to `to`, which is not included. */
  readonly partitions: readonly {
    readonly partition: number;
    readonly begin: number;
    readonly from: number;
    readonly to: number;
  }[];
  readonly records: number;
  /** Records that cannot be processed. */
  readonly refused: number;
  /** Records of this topic with a dead letter. */
  readonly letters: number;
  /** Dead letters of earlier topics of the same name, which were deleted: they are of none of these records. */
  readonly formerLetters: number;
  readonly keys: number;
  readonly rows: number;
  /** How often the topic was read. */
  readonly passes: number;
  readonly seconds: number;
  readonly damages: Readonly<Record<DamageKind, number>>;
  /**
   * What cannot be told: retention has removed the record, the row may have expired, records that could not be read may have changed
   * it, the dead letter has expired. Does not fail.
   */
  readonly unverifiable: {
    readonly retention: number;
    readonly ttl: number;
    readonly unreadable: number;
    readonly letters: number;
  };
  /** Rows with the right values and a later write timestamp than their record, as a repair leaves them. */
  readonly ahead: number;
  /** Rows that were not judged: they have no record from `since` on, or none that is settled while others are not. */
  readonly notJudged: number;
  /** Records that were in the topic at the start and that the group has not committed: nothing can be said of them yet. */
  readonly unsettled: number;
  /** Offsets that open transactions held back at the start: what their records will be is not decided, and nothing is said of them. */
  readonly held: number;
  readonly findings: readonly Finding[];
  /** Damages that are counted and not listed. */
  readonly findingsLeftOut: number;
  readonly repair?: RepairReport;
}
