import type { WriteError } from './errors.ts';

/** A change of one row. A row of the same key with a larger write timestamp wins, whichever arrives first. */
export type Mutation<Row> =
  | {
      readonly kind: 'upsert';
      /** The full image: a column that is null or absent is written as null. */
      readonly row: Row;
      /** us since the epoch, a safe integer. */
      readonly writeTimestamp: number;
    }
  | {
      readonly kind: 'delete';
      /** The columns of the primary key. */
      readonly key: Partial<Row>;
      /** us since the epoch, a safe integer. */
      readonly writeTimestamp: number;
    };

export type MutationOutcome =
  { readonly status: 'written' } | { readonly status: 'failed'; readonly error: WriteError };
