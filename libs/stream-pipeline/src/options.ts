import type { ConsumedRecord, DeadLetterStage, KafkaClient, OutOfRangePolicy } from '@sluice/kafka-client';
import type { Logger, PipelineMetrics } from '@sluice/telemetry';
import type { Sink } from './sink.ts';

/** Order of the versions of one row: the highest write timestamp wins, then the highest offset. */
export interface Version {
  /** Microseconds since the epoch: the timestamp with which the row is written. */
  readonly writeTimestamp: number;
  readonly offset: number;
}

/** What a record means for the table. `identity` is the row's primary key as text: equal for versions of one row. */
export type Decoded<Row> =
  | { readonly kind: 'upsert'; readonly identity: string; readonly version: Version; readonly row: Row }
  | {
      readonly kind: 'delete';
      readonly identity: string;
      readonly version: Version;
      readonly key: Partial<Row>;
    }
  | { readonly kind: 'filtered' };

export interface RecordDecoder<Row> {
  /** The field whose value identifies a record, and all that a tombstone has of it. Undefined: identity is the decoder's own. */
  readonly key?: string;
  /**
   * @throws RecordRefusal for a record that can never be processed: it goes to the dead letters
   * @throws RecordHeld for a record that cannot be processed yet: it waits, and is decoded again
   */
  decode(record: ConsumedRecord): Decoded<Row>;
}

export interface PipelineOptions<Row> {
  /** Name of the pipeline in metrics and dead letters. Default: the consumer group. */
  readonly name?: string;
  readonly source: {
    readonly kafka: KafkaClient;
    readonly topic: string;
    readonly groupId: string;
    /** See `ConsumerOptions.outOfRange`. Default `fail`. */
    readonly outOfRange?: OutOfRangePolicy;
  };
  readonly decode: RecordDecoder<Row>;
  /** Whatever it prepares mutations as. */
  readonly sink: Sink<Row, unknown>;
  readonly deadLetters: { readonly topic: string };
  readonly metrics: PipelineMetrics;
  readonly logger: Logger;
  /**
   * Bytes of keys, values and headers that may be read but not settled yet; what bounds the memory of the process, whatever the
   * backlog. Records that wait for a schema may take about half as much beside. Default 512 KiB, which keeps a Cassandra nearby
   * busy; raise it where the way to the servers is long.
   */
  readonly maxInFlightBytes?: number;
  /**
   * Bytes of dead letters that may wait for the dead-letter topic, divided by partition: one whose share is full pauses, the
   * others continue. Raise it where a partition has many large ones and should not pause in a short outage. Default 32 MiB.
   */
  readonly maxDeadLetterBytes?: number;
  /**
   * The share of the last 1,000 records that may become dead letters; with more, and at least 200, the pipeline pauses
   * (`dead-letter-flood`) until it is started again. 1 accepts any number. Default 0.5.
   */
  readonly maxDeadLetterRatio?: number;
  /** Records taken in a second, over all partitions: to spare a cluster that has others to serve. Default: no limit. */
  readonly maxRecordsPerSecond?: number;
  /** Time between two commits, ms: what is repeated after a crash. Default 1,000. */
  readonly commitIntervalMs?: number;
  /** Time that a stop may take to finish what is in flight, ms. Default 10,000. */
  readonly shutdownTimeoutMs?: number;
  /**
   * Time that an open transaction may hold back records before the health says `degraded`, ms. Raise it for producers whose transactions
   * are meant to stay open longer, such as those that commit with a checkpoint. Default 60,000.
   */
  readonly maxHeldMs?: number;
  /**
   * How far the clock of the servers that keep the rows is ahead of this process's, ms, such as `session.clockAheadMs`. Asked at the
   * start and hourly, with a warning from 5 s; and where most records of a chunk look as if they were from the future: they are held
   * (`clock-behind`), not refused, while this clock is behind. Default: nothing is compared.
   */
  readonly clockAheadMs?: () => Promise<number>;
}

export interface PipelineSummary {
  readonly written: number;
  /** Versions that were not written because a newer one of the same batch was. */
  readonly deduplicated: number;
  readonly filtered: number;
  readonly deadLettered: number;
  /** Records that were in flight when the shutdown's deadline passed: they are read again after the next start. */
  readonly abandoned: number;
  /**
   * Of a run up to the end: offsets that were in the topic at the start and were left there, since open transactions held them back. They
   * are read by the next run, once the transactions have ended.
   */
  readonly held?: number;
}

export interface RunOptions {
  /** `end`: the run ends by itself once the group has committed what was in the topic at the start. Default `stopped`. */
  readonly until?: 'stopped' | 'end';
  /** With `until: 'end'`: also waits for records that open transactions held back at the start, for as long as that takes. Default false. */
  readonly waitForTransactions?: boolean;
}

/** Why records are not moving, for the readiness of the process. */
export interface PipelineHealth {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What holds back records although the pipeline works: it stays ready. */
  readonly degraded: readonly Degradation[];
}

/** A transaction of a producer stays open, and no reader gets past its first record (KIP-98). */
export interface Degradation {
  readonly reason: 'transaction-open';
  readonly partition: number;
  /** Of the first record that is held back. */
  readonly offset: number;
  /** Offsets that are held back, from there on. */
  readonly held: number;
  /** Timestamp of that record, ISO 8601; null where it is not known. */
  readonly since: string | null;
}

/** A record that can never be processed, with the stage and the code that its dead letter carries. */
export interface Refusal {
  readonly stage: DeadLetterStage;
  readonly code: string;
  readonly message: string;
}
