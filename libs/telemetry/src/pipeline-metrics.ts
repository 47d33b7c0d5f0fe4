import type { Histogram } from './histogram.ts';
import { Metrics } from './metrics.ts';
import type { Counter, Gauge, Labels } from './metrics.ts';

export interface PipelineMetricsOptions {
  /** Value of the label `pipeline`. */
  readonly pipeline: string;
  /** Where the metrics are registered. Default: a new set. One set takes one pipeline. */
  readonly registry?: Metrics;
}

/** What became of a record that the pipeline has settled. */
export type RecordResult = 'written' | 'filtered' | 'dead_lettered' | 'deduplicated';

/** How far a record has come on its way from the source into Kafka. */
export type SourceRecordResult = 'fetched' | 'produced' | 'dead_lettered';

/** The metrics of a process that takes records from Kafka to a sink. */
export interface PipelineMetrics {
  readonly registry: Metrics;
  /** sluice_records_total: settled records. */
  readonly recordsTotal: Counter<{ readonly result: RecordResult }>;
  /** sluice_write_seconds: time of one write to the sink. */
  readonly writeSeconds: Histogram;
  /** sluice_batch_records: records of one write. */
  readonly batchRecords: Histogram;
  /** sluice_end_to_end_seconds: from the record's timestamp to the durable write. */
  readonly endToEndSeconds: Histogram;
  /** sluice_lag_records: last stable offset - committed. Remove a partition's when the partition is lost; so for the next two. */
  readonly lagRecords: Gauge<{ readonly partition: number }>;
  /** sluice_lag_seconds: age of the oldest record that is not settled; 0 at the end, absent while it is not known. */
  readonly lagSeconds: Gauge<{ readonly partition: number }>;
  /** sluice_transaction_held_offsets: high watermark - last stable offset. */
  readonly heldOffsets: Gauge<{ readonly partition: number }>;
  /** sluice_paused: 1 while paused for that reason, else 0. */
  readonly paused: Gauge<{ readonly reason: string }>;
  /** sluice_retries_total: attempts after the first, by what was called and the error's code. */
  readonly retriesTotal: Counter<{ readonly target: string; readonly code: string }>;
}

/** The metrics of a process that takes records from a source to Kafka. */
export interface SourceMetrics {
  readonly registry: Metrics;
  /** sluice_source_requests_total: requests to the source, by HTTP status, or the error's code where none came. */
  readonly sourceRequestsTotal: Counter<{ readonly status: number | string }>;
  /** sluice_source_records_total: records fetched, acknowledged by Kafka, or acknowledged as dead letters. */
  readonly recordsTotal: Counter<{ readonly result: SourceRecordResult }>;
  /** sluice_retries_total, as in PipelineMetrics. */
  readonly retriesTotal: PipelineMetrics['retriesTotal'];
}

export function createPipelineMetrics({
  pipeline,
  registry = new Metrics(),
}: PipelineMetricsOptions): PipelineMetrics {
  return {
    registry,
    recordsTotal: ofPipeline(
      pipeline,
      registry.counter<{ pipeline: string; result: RecordResult }>({
        name: 'sluice_records_total',
        help: 'Records settled by the pipeline, by what became of them.',
        labels: ['pipeline', 'result'],
      }),
    ),
    writeSeconds: registry.histogram({
      name: 'sluice_write_seconds',
      help: 'Time of one write to the sink.',
      buckets: SECONDS,
    }),
    batchRecords: registry.histogram({
      name: 'sluice_batch_records',
      help: 'Records of one write.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
    }),
    endToEndSeconds: registry.histogram({
      name: 'sluice_end_to_end_seconds',
      help: 'Time from the timestamp of a record to its durable write.',
      buckets: [...SECONDS, ...LONG_SECONDS],
    }),
    lagRecords: registry.gauge({
      name: 'sluice_lag_records',
      help: 'Records of a partition that can be read and are not settled yet: last stable offset - committed.',
      labels: ['partition'],
      merged: 'max',
    }),
    lagSeconds: registry.gauge({
      name: 'sluice_lag_seconds',
      help: 'Age of the oldest record of a partition that is not settled; 0 where all are, absent while it is not known.',
      labels: ['partition'],
      merged: 'max',
    }),
    heldOffsets: registry.gauge({
      name: 'sluice_transaction_held_offsets',
      help: 'Offsets of a partition that open transactions hold back: high watermark - last stable offset.',
      labels: ['partition'],
      merged: 'max',
    }),
    paused: registry.gauge({
      name: 'sluice_paused',
      help: '1 while the pipeline is paused for this reason.',
      labels: ['reason'],
      merged: 'max',
    }),
    retriesTotal: retries(registry),
  };
}

export function createSourceMetrics({
  pipeline,
  registry = new Metrics(),
}: PipelineMetricsOptions): SourceMetrics {
  return {
    registry,
    sourceRequestsTotal: registry.counter({
      name: 'sluice_source_requests_total',
      help: 'Requests to the source, by HTTP status or error code.',
      labels: ['status'],
    }),
    recordsTotal: ofPipeline(
      pipeline,
      registry.counter<{ pipeline: string; result: SourceRecordResult }>({
        name: 'sluice_source_records_total',
        help: 'Records on their way from the source into Kafka, by how far they came.',
        labels: ['pipeline', 'result'],
      }),
    ),
    retriesTotal: retries(registry),
  };
}

function retries(registry: Metrics): PipelineMetrics['retriesTotal'] {
  return registry.counter({
    name: 'sluice_retries_total',
    help: 'Attempts after the first, by what was called and the code of the error.',
    labels: ['target', 'code'],
  });
}

function ofPipeline<L extends Labels>(
  pipeline: string,
  counter: Counter<L & { pipeline: string }>,
): Counter<L> {
  return {
    inc: (labels, by) => {
      counter.inc({ pipeline, ...labels }, by);
    },
  };
}

/** Fine where a healthy write lies, so that p50 and p99 read from the buckets mean something. */
const SECONDS: readonly number[] = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1,
  1.5, 2, 3, 5, 7.5, 10,
];
/** Backlogs: up to a day. */
const LONG_SECONDS: readonly number[] = [15, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 43_200, 86_400];
