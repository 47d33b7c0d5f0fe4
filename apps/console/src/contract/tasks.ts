import { Type } from 'typebox';
import { Exactly, Instant, Nullable, Problem } from './common.ts';

/** What an operator started and takes its time: a redrive or an audit. Also the event `task` of `/api/live`. */
export const Task = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('redrive'), Type.Literal('audit')]),
  /** In one line, without personal data. */
  title: Type.String(),
  dryRun: Type.Boolean(),
  state: Type.Union([
    Type.Literal('running'),
    /** To its end; of an audit: whatever it found. */
    Type.Literal('done'),
    Type.Literal('stopped'),
    Type.Literal('failed'),
  ]),
  by: Type.String(),
  startedAt: Instant,
  endedAt: Nullable(Instant),
  progress: Type.Object({
    phase: Type.String(),
    /** Records or letters read so far, and how many there are to read; 0 of 0 while not known. */
    done: Type.Number(),
    total: Type.Number(),
  }),
  redrive: Nullable(
    Type.Object({
      read: Type.Number(),
      selected: Type.Number(),
      sent: Type.Number(),
      parked: Type.Number(),
      expired: Type.Number(),
      rejected: Type.Number(),
      skipped: Type.Record(Type.String(), Type.Number()),
    }),
  ),
  audit: Nullable(
    Type.Object({
      ok: Type.Boolean(),
      records: Type.Number(),
      keys: Type.Number(),
      rows: Type.Number(),
      letters: Type.Number(),
      refused: Type.Number(),
      seconds: Type.Number(),
      unsettled: Type.Number(),
      /** Offsets that open transactions held back: not judged. Not in audits of earlier versions. */
      held: Type.Optional(Type.Number()),
      notJudged: Type.Number(),
      damages: Type.Record(Type.String(), Type.Number()),
      unverifiable: Type.Record(Type.String(), Type.Number()),
      findings: Type.Array(
        Type.Object({
          kind: Type.String(),
          key: Nullable(Type.String()),
          partition: Nullable(Type.Integer()),
          offset: Nullable(Type.String()),
          columns: Type.Array(Type.String()),
          code: Nullable(Type.String()),
        }),
      ),
      findingsLeftOut: Type.Number(),
    }),
  ),
  problem: Nullable(Problem),
});
export type Task = Type.Static<typeof Task>;

export const TaskParams = Exactly({ id: Type.String({ pattern: '^[0-9a-f-]{1,40}$' }) });
export type TaskParams = Type.Static<typeof TaskParams>;

export const TaskQuery = Type.Object({
  kind: Type.Optional(Type.Union([Type.Literal('redrive'), Type.Literal('audit')])),
});
export type TaskQuery = Type.Static<typeof TaskQuery>;

/** Newest first, those of earlier runs of the console as well. */
export const TaskList = Type.Object({ tasks: Type.Array(Task) });
export type TaskList = Type.Static<typeof TaskList>;
