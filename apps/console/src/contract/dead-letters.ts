import { Type } from 'typebox';
import { Confirmed, Exactly, Instant, Nullable, OnePage, Position } from './common.ts';
import { Message } from './topics.ts';

export const LetterGroup = Type.Object({
  stage: Type.String(),
  code: Type.String(),
  letters: Type.Integer(),
  first: Instant,
  last: Instant,
});
export type LetterGroup = Type.Static<typeof LetterGroup>;

export const DeadLetters = Type.Object({
  topic: Type.String(),
  /** Letters in the topic, and of these those that are looked at below: the newest ones. */
  letters: Type.Number(),
  indexed: Type.Number(),
  /** False while they are being read for the first time. */
  complete: Type.Boolean(),
  /** The most letters first; those beyond 200 groups as one, `other`. */
  groups: Type.Array(LetterGroup),
  /** Letters by time, by code: up to 60 steps of equal length. */
  overTime: Type.Object({
    stepMs: Type.Integer(),
    times: Type.Array(Instant),
    /** By code: as many values as times. The 8 most frequent codes; the others as `other`. */
    values: Type.Record(Type.String(), Type.Array(Type.Integer())),
  }),
  /** The redrive that runs: its task. */
  running: Nullable(Type.String()),
});
export type DeadLetters = Type.Static<typeof DeadLetters>;

const LetterFilter = {
  codes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
  stages: Type.Optional(Type.Array(Type.String({ maxLength: 50 }), { maxItems: 10 })),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  /** Of the record, as UTF-8 text. */
  key: Type.Optional(Type.String({ maxLength: 1_000 })),
};

export const LettersQuery = Exactly({
  ...LetterFilter,
  /** Look for a key that is masked: operators only, and written down. */
  reveal: Type.Optional(Type.Boolean()),
  ...OnePage,
});
export type LettersQuery = Type.Static<typeof LettersQuery>;

export const LetterSummary = Type.Object({
  ...Position,
  timestamp: Instant,
  stage: Type.String(),
  code: Type.String(),
  /** Never holds values of the record. */
  message: Type.String(),
  /** Null for letters of the stage `source`: they never were in a topic. */
  source: Nullable(Type.Object({ topic: Type.String(), ...Position, timestamp: Instant })),
  /** How often its record was sent back already. */
  redrives: Type.Integer(),
});
export type LetterSummary = Type.Static<typeof LetterSummary>;

/** Newest first. */
export const LetterPage = Type.Object({
  letters: Type.Array(LetterSummary),
  /** How many fulfil the filter. */
  total: Type.Integer(),
  next: Nullable(Type.String()),
});
export type LetterPage = Type.Static<typeof LetterPage>;

export const Letter = Type.Object({
  summary: LetterSummary,
  /** Group of the pipeline that wrote it. */
  pipeline: Nullable(Type.String()),
  /** As it is in the dead-letter topic: the record's key, value and headers, and the headers of the letter. */
  message: Message,
  /** What the record should have been: the schema that it names, else the contract. Indented JSON. */
  schema: Type.Object({ name: Type.String(), avsc: Type.String() }),
});
export type Letter = Type.Static<typeof Letter>;

/**
 * Sends letters back to their partitions; what was written since stays newer. Either a filter, or the letters themselves. What was sent
 * for the same filter or selection before is not sent again unless `restart` is set.
 */
export const RedriveRequest = Exactly({
  ...LetterFilter,
  letters: Type.Optional(Type.Array(Exactly(Position), { minItems: 1, maxItems: 1_000 })),
  /** Send nothing, only count. */
  dryRun: Type.Boolean(),
  restart: Type.Optional(Type.Boolean()),
  /** Send also what is older than deletes are remembered (gc_grace_seconds). */
  force: Type.Optional(Type.Boolean()),
  /**
   * Send the dead letters of earlier topics of the same name, which were deleted, and only those, to the partitions of their keys.
   * Default: they are left alone (`former-topic`).
   */
  formerTopics: Type.Optional(Type.Boolean()),
  /** Records that were sent back so often are parked. Default 3. */
  maxRedrives: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  /** Records a second. */
  rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  ...Confirmed,
});
export type RedriveRequest = Type.Static<typeof RedriveRequest>;
