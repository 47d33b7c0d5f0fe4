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
  readonly sink: Sink<Row>;
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
}

export interface PipelineSummary {
  readonly written: number;
  /** Versions that were not written because a newer one of the same batch was. */
  readonly deduplicated: number;
  readonly filtered: number;
  readonly deadLettered: number;
  /** Records that were in flight when the shutdown's deadline passed: they are read again after the next start. */
  readonly abandoned: number;
}

/** Why records are not moving, for the readiness of the process. */
export interface PipelineHealth {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** A record that can never be processed, with the stage and the code that its dead letter carries. */
export interface Refusal {
  readonly stage: DeadLetterStage;
  readonly code: string;
  readonly message: string;
}
