import { Type } from 'typebox';
import { Exact, Exactly, Instant, Nullable, OnePage, Position } from './common.ts';

/** By POST: a uuid names a person, and so stays out of addresses. */
export const UserLookup = Exactly({
  uuid: Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
  /** Show personal fields: operators only, and written down. */
  reveal: Type.Optional(Type.Boolean()),
});
export type UserLookup = Type.Static<typeof UserLookup>;

export const UserField = Type.Object({
  name: Type.String(),
  /** Of CQL. */
  type: Type.String(),
  /** As text; null where there is none; `•••` where it is masked. Ends with `…` after 1,000 characters in lists, 65,536 of a row alone. */
  value: Nullable(Type.String()),
  masked: Type.Boolean(),
  /** WRITETIME of the cell, us; null of a null and of the key. */
  writeTime: Nullable(Exact),
});
export type UserField = Type.Static<typeof UserField>;

export const User = Type.Object({
  uuid: Type.String(),
  fields: Type.Array(UserField),
  /** The newest of the cells, us. */
  writeTime: Nullable(Exact),
  /** The record that the row was made of; null where the row does not tell. */
  source: Nullable(
    Type.Object({
      topic: Type.String(),
      ...Position,
      eventTime: Nullable(Instant),
      /** Whether the record is still in the topic. */
      available: Type.Boolean(),
    }),
  ),
});
export type User = Type.Static<typeof User>;

export const UserAnswer = Type.Object({ user: Nullable(User) });
export type UserAnswer = Type.Static<typeof UserAnswer>;

export const UsersQuery = Exactly({
  ...OnePage,
  reveal: Type.Optional(Type.Boolean()),
});
export type UsersQuery = Type.Static<typeof UsersQuery>;

/** In the order of the ring, which is no order for people. `source.available` is not looked up here and true. */
export const UserPage = Type.Object({ users: Type.Array(User), next: Nullable(Type.String()) });
export type UserPage = Type.Static<typeof UserPage>;
