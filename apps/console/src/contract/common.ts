import { type TProperties, type TSchema, Type } from 'typebox';

/** An exact whole number as decimal text: offsets and microseconds may pass 2^53. */
export const Exact = Type.String({ pattern: '^-?\\d{1,19}$' });
export type Exact = Type.Static<typeof Exact>;

/** Milliseconds since the epoch. */
export const Instant = Type.Integer({ minimum: -1, maximum: 8.64e15 });
export type Instant = Type.Static<typeof Instant>;

export const PartitionNumber = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });

/** One record of a topic. */
export const Position = { partition: PartitionNumber, offset: Exact };

/** Which part of a list is asked for. Its answer has `next`: the cursor of the part after it, or null. */
export const OnePage = {
  /** Default 50. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  /** `next` of the answer before, with everything else the same. Default: the first page. */
  cursor: Type.Optional(Type.String({ maxLength: 200_000 })),
};

/** Default of {@link OnePage}. */
export const pageLimit = 50;

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** An object that holds what is named here and nothing else. */
export const Exactly = <T extends TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

/** What a change has to say beside its own fields, so that none happens by a stray request. */
export const Confirmed = { confirm: Type.Literal(true) };

/** What went wrong, what it means for this part of the page, and what a person can do about it. */
export const Problem = Type.Object({
  /** Stable, kebab-case, such as `kafka-unreachable`. */
  code: Type.String(),
  message: Type.String(),
  /** What to do. */
  action: Type.String(),
});
export type Problem = Type.Static<typeof Problem>;

/** The body of every answer that is not 2xx. */
export const ErrorBody = Type.Object({ error: Problem });
export type ErrorBody = Type.Static<typeof ErrorBody>;

export const Role = Type.Union([Type.Literal('viewer'), Type.Literal('operator')]);
export type Role = Type.Static<typeof Role>;
