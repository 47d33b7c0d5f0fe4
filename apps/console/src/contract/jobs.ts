import { Type } from 'typebox';
import { Confirmed, Exactly, Instant, Nullable, Problem } from './common.ts';

export const DagRun = Type.Object({
  run: Type.String(),
  /** By Airflow's word: `queued`, `running`, `success`, `failed`. */
  state: Type.String(),
  /** `scheduled`, `manual`, ... */
  type: Type.String(),
  startedAt: Nullable(Instant),
  endedAt: Nullable(Instant),
});
export type DagRun = Type.Static<typeof DagRun>;

export const Dag = Type.Object({
  dag: Type.String(),
  description: Type.String(),
  paused: Type.Boolean(),
  schedule: Nullable(Type.String()),
  /** Newest first. */
  runs: Type.Array(DagRun),
});
export type Dag = Type.Static<typeof Dag>;

export const Jobs = Type.Object({
  airflow: Type.Object({
    configured: Type.Boolean(),
    /** Of its own pages. */
    url: Nullable(Type.String()),
    problem: Nullable(Problem),
    dags: Type.Array(Dag),
  }),
  spark: Type.Object({
    configured: Type.Boolean(),
    problem: Nullable(Problem),
    /** Of the job, by name: what its /metrics say, sums over labels. */
    metrics: Type.Array(Type.Object({ name: Type.String(), help: Type.String(), value: Type.Number() })),
    ready: Nullable(Type.Boolean()),
    reasons: Type.Array(Type.String()),
  }),
});
export type Jobs = Type.Static<typeof Jobs>;

export const DagParams = Exactly({ dag: Type.String({ pattern: '^[A-Za-z0-9._-]{1,250}$' }) });
export type DagParams = Type.Static<typeof DagParams>;

export const TriggerRequest = Exactly({
  /** The DAG's params. Default: its own. */
  params: Type.Optional(
    Type.Record(
      Type.String({ maxLength: 100 }),
      Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean()]),
    ),
  ),
  ...Confirmed,
});
export type TriggerRequest = Type.Static<typeof TriggerRequest>;
