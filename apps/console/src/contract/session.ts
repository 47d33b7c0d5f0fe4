import { Type } from 'typebox';
import { Exactly, Nullable, Role } from './common.ts';

/** Who is looking, and what the page is about. `role` is null before the login. */
export const Session = Type.Object({
  role: Nullable(Role),
  /** Name of the token, or else the role, as in the log of changes; null before the login. */
  who: Nullable(Type.String()),
  version: Type.String(),
  /** What is configured. */
  features: Type.Object({ registry: Type.Boolean() }),
  pipeline: Type.Object({
    topic: Type.String(),
    deadLetterTopic: Type.String(),
    group: Type.String(),
    /** `keyspace.table` */
    table: Type.String(),
  }),
});
export type Session = Type.Static<typeof Session>;

export const Login = Exactly({ token: Type.String({ minLength: 1, maxLength: 200 }) });
export type Login = Type.Static<typeof Login>;
