import { Type } from 'typebox';
import { Confirmed, Exactly, Instant, Nullable } from './common.ts';

/** Compares the table with the topic; changes neither. */
export const AuditRequest = Exactly({
  /** Only by records from then on. */
  since: Type.Optional(Instant),
  /** Share of the keys, above 0 up to 1. Default: all. */
  sample: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
  ...Confirmed,
});
export type AuditRequest = Type.Static<typeof AuditRequest>;

/** The log of what operators changed and revealed: newest first. It holds no personal data. */
export const Change = Type.Object({
  at: Instant,
  who: Type.String(),
  role: Type.String(),
  /** Address of the browser. */
  from: Type.String(),
  /** Such as `group-reset`, `redrive`, `user-reveal`, `login`. */
  what: Type.String(),
  /** `done`, or why not. */
  outcome: Type.String(),
  details: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  ),
});
export type Change = Type.Static<typeof Change>;

export const ChangesQuery = Type.Object({
  /** Default 100. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
});
export type ChangesQuery = Type.Static<typeof ChangesQuery>;

export const ChangeList = Type.Object({ changes: Type.Array(Change), file: Nullable(Type.String()) });
export type ChangeList = Type.Static<typeof ChangeList>;
