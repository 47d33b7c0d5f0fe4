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
  /** The name of the token in its file, or else the role. */
  who: Type.String(),
  role: Type.String(),
  /** Address of the browser. */
  from: Type.String(),
  /** Such as `group-reset`, `redrive`, `user-reveal`, `login`. */
  what: Type.String(),
  /** `done`, or why not. Equal refusals within minutes are one more entry, with their number as `repeated`. */
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
  /** `next` of the answer before. Default: from the newest on. */
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}:\\d{1,15}$' })),
});
export type ChangesQuery = Type.Static<typeof ChangesQuery>;

export const ChangeList = Type.Object({
  changes: Type.Array(Change),
  /** Cursor of the page after it, or null. */
  next: Nullable(Type.String()),
  /** Where the newest of it is; older parts are beside it. */
  file: Nullable(Type.String()),
});
export type ChangeList = Type.Static<typeof ChangeList>;
