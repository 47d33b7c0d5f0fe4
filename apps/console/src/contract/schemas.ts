import { Type } from 'typebox';
import { Exactly, Nullable } from './common.ts';

export const SubjectParams = Exactly({ subject: Type.String({ minLength: 1, maxLength: 500 }) });
export type SubjectParams = Type.Static<typeof SubjectParams>;

export const SubjectList = Type.Object({
  /** Of subjects without a level of their own. */
  compatibility: Nullable(Type.String()),
  subjects: Type.Array(
    Type.Object({
      subject: Type.String(),
      versions: Type.Array(Type.Integer()),
      /** Of its own; null where it has none. */
      compatibility: Nullable(Type.String()),
    }),
  ),
});
export type SubjectList = Type.Static<typeof SubjectList>;

export const SubjectDetails = Type.Object({
  subject: Type.String(),
  compatibility: Nullable(Type.String()),
  /** Oldest first. */
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      id: Type.Integer(),
      /** Indented JSON. */
      avsc: Type.String(),
      /** Of a record's fields; empty for other schemas. */
      fields: Type.Array(
        Type.Object({ name: Type.String(), type: Type.String(), default: Nullable(Type.String()) }),
      ),
    }),
  ),
});
export type SubjectDetails = Type.Static<typeof SubjectDetails>;

export const CompatibilityRequest = Exactly({ schema: Type.String({ minLength: 1, maxLength: 500_000 }) });
export type CompatibilityRequest = Type.Static<typeof CompatibilityRequest>;

export const CompatibilityAnswer = Type.Object({
  compatible: Type.Boolean(),
  messages: Type.Array(Type.String()),
});
export type CompatibilityAnswer = Type.Static<typeof CompatibilityAnswer>;
