import { Type } from 'typebox';
import { Instant, Nullable, Problem } from './common.ts';

/**
 * How a part of the flow is: `ok`; `idle`: nothing moves and nothing has to; `paused`: it waits, see `pauses`; `absent`: no such process
 * answers; `away`: the server behind it does not answer, see `problem`.
 */
export const PartState = Type.Union([
  Type.Literal('ok'),
  Type.Literal('idle'),
  Type.Literal('paused'),
  Type.Literal('absent'),
  Type.Literal('away'),
]);
export type PartState = Type.Static<typeof PartState>;

const part = { state: PartState, problem: Nullable(Problem) };

/** Records a second over the last seconds; null while not known. */
const Rate = Nullable(Type.Number());
const Milliseconds = Nullable(Type.Number());

export const Pause = Type.Object({
  /** As the app says it, such as `cassandra:unreachable` or `dead-letter-flood`. */
  reason: Type.String(),
  /** Address of the app that says so. */
  app: Type.String(),
  since: Instant,
});
export type Pause = Type.Static<typeof Pause>;

/** The flow source -> topic -> writer -> table at one moment; also the event `overview` of `/api/live`. */
export const Overview = Type.Object({
  at: Instant,
  source: Type.Object({
    ...part,
    /** Records acknowledged by Kafka, from the producer's metrics. */
    recordsPerSecond: Rate,
    requestsPerSecond: Rate,
    /** Requests that failed. */
    failuresPerSecond: Rate,
  }),
  topic: Type.Object({
    ...part,
    /** From the high watermarks. */
    recordsPerSecond: Rate,
    partitions: Nullable(Type.Integer()),
    /** Offsets that can be read. */
    records: Nullable(Type.Number()),
    /** Offsets that open transactions hold back: high watermark - last stable offset. */
    held: Nullable(Type.Number()),
  }),
  writer: Type.Object({
    ...part,
    /** From the committed offsets. */
    recordsPerSecond: Rate,
    members: Nullable(Type.Integer()),
    /** Last stable offset - committed. */
    lag: Nullable(Type.Number()),
    /** Age of the oldest record that is not settled, by the writers' `sluice_lag_seconds` or, without them, as this console saw it come. */
    timeLagMs: Milliseconds,
    /** Until the lag is 0 at the present rates; null where it does not shrink. */
    catchUpSeconds: Nullable(Type.Number()),
    pauses: Type.Array(Pause),
  }),
  table: Type.Object({
    ...part,
    /** From the writers' metrics. */
    rowsPerSecond: Rate,
    writeP50Ms: Milliseconds,
    writeP99Ms: Milliseconds,
    nodesUp: Nullable(Type.Integer()),
    nodes: Nullable(Type.Integer()),
  }),
  deadLetters: Type.Object({
    ...part,
    records: Nullable(Type.Number()),
    recordsPerSecond: Rate,
  }),
  /** From a record's timestamp to its durable write, over the last minute; null while nothing is written. */
  endToEnd: Type.Object({ p50Ms: Milliseconds, p99Ms: Milliseconds }),
});
export type Overview = Type.Static<typeof Overview>;

export const HistorySeries = Type.Union([
  Type.Literal('produced'),
  Type.Literal('written'),
  Type.Literal('lag'),
  Type.Literal('timeLag'),
  Type.Literal('endToEndP50'),
  Type.Literal('endToEndP99'),
  Type.Literal('deadLetters'),
  /** The lag of each partition of the pipeline's group, as series `lag/0`, `lag/1`, ... in the answer. */
  Type.Literal('partitionLag'),
]);
export type HistorySeries = Type.Static<typeof HistorySeries>;

export const HistoryQuery = Type.Object({
  /** `15m`, `1h`: a point a second. `6h`, `24h`, `7d`: a point a minute. */
  range: Type.Union([
    Type.Literal('15m'),
    Type.Literal('1h'),
    Type.Literal('6h'),
    Type.Literal('24h'),
    Type.Literal('7d'),
  ]),
  /** Separated by commas. */
  series: Type.String({ pattern: '^[A-Za-z0-9]+(,[A-Za-z0-9]+)*$' }),
});
export type HistoryQuery = Type.Static<typeof HistoryQuery>;

/** By columns, as charts take it. Rates are records/s, times ms, `deadLetters` is records/s. */
export const History = Type.Object({
  stepMs: Type.Integer(),
  from: Instant,
  to: Instant,
  times: Type.Array(Instant),
  /** For each series as many values as there are times; null where nothing is known. */
  values: Type.Record(Type.String(), Type.Array(Nullable(Type.Number()))),
});
export type History = Type.Static<typeof History>;
