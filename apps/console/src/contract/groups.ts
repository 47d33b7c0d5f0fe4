import { Type } from 'typebox';
import { Confirmed, Exact, Exactly, Instant, Nullable, PartitionNumber } from './common.ts';

export const GroupParams = Exactly({ group: Type.String({ minLength: 1, maxLength: 255 }) });
export type GroupParams = Type.Static<typeof GroupParams>;

export const GroupSummary = Type.Object({
  group: Type.String(),
  /** By the brokers' own word: `Stable`, `Empty`, `PreparingRebalance`, ... */
  state: Type.String(),
  members: Type.Integer(),
  topics: Type.Array(Type.String()),
  /** Records that can be read and are not committed: last stable offset - committed, over all partitions. */
  lag: Nullable(Type.Number()),
  /** Offsets that open transactions hold back: high watermark - last stable offset, over all partitions. */
  held: Nullable(Type.Number()),
  /** What it is to the pipeline: its writers' group, or one that keeps the progress of a redrive. */
  role: Nullable(Type.Union([Type.Literal('writer'), Type.Literal('redrive-progress')])),
});
export type GroupSummary = Type.Static<typeof GroupSummary>;

export const GroupList = Type.Object({ at: Instant, groups: Type.Array(GroupSummary) });
export type GroupList = Type.Static<typeof GroupList>;

export const GroupPartition = Type.Object({
  topic: Type.String(),
  partition: PartitionNumber,
  begin: Exact,
  /** The last stable offset: what can be read ends there. */
  end: Exact,
  /** Null where the group never committed. */
  committed: Nullable(Exact),
  lag: Type.Number(),
  held: Type.Number(),
  /** Age of the next record to commit; 0 without lag, null where it is not known. */
  timeLagMs: Nullable(Type.Number()),
  recordsPerSecond: Nullable(Type.Number()),
  /** Client id of the member that has it. */
  member: Nullable(Type.String()),
});
export type GroupPartition = Type.Static<typeof GroupPartition>;

export const GroupDetails = Type.Object({
  at: Instant,
  summary: GroupSummary,
  members: Type.Array(
    Type.Object({
      id: Type.String(),
      client: Type.String(),
      host: Type.String(),
      partitions: Type.Array(Type.Object({ topic: Type.String(), partition: PartitionNumber })),
    }),
  ),
  partitions: Type.Array(GroupPartition),
  timeLagMs: Nullable(Type.Number()),
  recordsPerSecond: Nullable(Type.Number()),
  /** Until the lag is 0 at the present rates; null where it does not shrink. */
  catchUpSeconds: Nullable(Type.Number()),
});
export type GroupDetails = Type.Static<typeof GroupDetails>;

export const ResetTarget = Type.Union([
  Exactly({ kind: Type.Literal('earliest') }),
  Exactly({ kind: Type.Literal('latest') }),
  Exactly({ kind: Type.Literal('time'), time: Instant }),
  Exactly({ kind: Type.Literal('offset'), offset: Exact }),
]);
export type ResetTarget = Type.Static<typeof ResetTarget>;

const reset = {
  topic: Type.String({ pattern: '^[A-Za-z0-9._-]{1,249}$' }),
  to: ResetTarget,
  /** Default: all. */
  partitions: Type.Optional(Type.Array(PartitionNumber, { maxItems: 10_000 })),
};

export const ResetPreviewRequest = Exactly(reset);
export type ResetPreviewRequest = Type.Static<typeof ResetPreviewRequest>;

/** `expected`: the plan that the operator saw; where a group moved since, the answer is 409 and nothing is changed. */
export const ResetRequest = Exactly({
  ...reset,
  expected: Type.Array(Exactly({ partition: PartitionNumber, committed: Nullable(Exact), to: Exact })),
  ...Confirmed,
});
export type ResetRequest = Type.Static<typeof ResetRequest>;

export const ResetPlan = Type.Object({
  group: Type.String(),
  topic: Type.String(),
  /** Why it cannot be done now, such as members that run; null where it can. */
  blocked: Nullable(Type.String()),
  partitions: Type.Array(
    Type.Object({
      partition: PartitionNumber,
      begin: Exact,
      end: Exact,
      committed: Nullable(Exact),
      to: Exact,
      /** Records that are read again, and that are skipped. */
      rereads: Type.Number(),
      skips: Type.Number(),
    }),
  ),
  rereads: Type.Number(),
  skips: Type.Number(),
  applied: Type.Boolean(),
});
export type ResetPlan = Type.Static<typeof ResetPlan>;
