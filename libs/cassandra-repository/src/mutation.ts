import type { WriteError } from './errors.ts';

/**
 * 1970-04-26, us; the same number of milliseconds is the year 2286. A smaller write timestamp was meant in milliseconds or seconds: the
 * row would be older than every other, and never be seen to be wrong.
 */
export const earliestWriteTimestamp = 10_000_000_000_000;

/** A change of one row, or the removal of several. A row of the same key with a larger write timestamp wins, whichever arrives first. */
export type Mutation<Row> =
  | {
      readonly kind: 'upsert';
      /**
       * The full image: a column that is null or absent is written as null, unless the writer keeps old cells. A property that is no
       * column is an error (`unknown-column`).
       */
      readonly row: Row;
      /** us since the epoch, a safe integer, {@link earliestWriteTimestamp} at least. */
      readonly writeTimestamp: number;
    }
  | {
      readonly kind: 'delete';
      /**
       * The columns of the primary key; with the last clustering columns left out, all rows that have the others
       * are deleted (a range tombstone). The whole partition key is needed. A column that is there must have a
       * value: a null or undefined one is an error, as it would delete more than was meant.
       */
      readonly key: Partial<Row>;
      /** us since the epoch, a safe integer, {@link earliestWriteTimestamp} at least. */
      readonly writeTimestamp: number;
    };

export type MutationOutcome =
  { readonly status: 'written' } | { readonly status: 'failed'; readonly error: WriteError };
