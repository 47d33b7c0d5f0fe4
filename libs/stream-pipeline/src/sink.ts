/** One row to write or to delete, with the timestamp that orders it among the versions of that row. */
export type Mutation<Row> =
  | {
      readonly kind: 'upsert';
      readonly row: Row;
      /** Microseconds since the epoch; Cassandra's sink refuses what is below 10^13, as one in milliseconds is. */
      readonly writeTimestamp: number;
    }
  | { readonly kind: 'delete'; readonly key: Partial<Row>; readonly writeTimestamp: number };

/**
 * What became of one mutation. Of a failure, `kind` decides what happens next:
 *
 * - `data`: the row's own content is refused; its record becomes a dead letter
 * - `suspect`: the server fails the row when it is written by itself; written again, and a dead letter (`server-rejected`) once
 *   that has gone on for 10 minutes in which others could be written
 * - `retry`: unreachable, timed out, overloaded; written again until it succeeds
 * - `blocked`: schema, permission, authentication, guardrail; a person has to act, so it is written again, too,
 *   and never becomes a dead letter
 */
export type MutationOutcome =
  { readonly status: 'written' } | { readonly status: 'failed'; readonly error: SinkFailure };

export interface SinkFailure {
  readonly kind: 'data' | 'suspect' | 'retry' | 'blocked';
  /** Kebab-case: the reason in metrics and logs, and the code of a dead letter. */
  readonly code: string;
  /** Without values of the row. */
  readonly message: string;
}

/**
 * Where rows end. Several writes may be under way at once, and a mutation may be written again: the write timestamp has
 * to make both harmless. `Prepared` is what the sink itself makes of a mutation; the engine keeps it until it is written.
 */
export interface Sink<Row, Prepared = Mutation<Row>> {
  /**
   * Every version is written, not only the newest one of a batch: for sinks in which a newer version does not take the place
   * of an older one: a history, or rows that are merged of changes. Default: false.
   */
  readonly everyVersion?: boolean;
  /**
   * Called once, with the field that is the key of the source's records (`RecordDecoder.key`). `everyVersion`: the rows have
   * another key, so that two versions of one record may be two rows, and each has to be written.
   *
   * @throws PipelineError `bad-target` where a tombstone of that key cannot be applied
   */
  bindKey?(field: string): { readonly everyVersion: boolean };
  /**
   * Makes of a mutation what `write` is given, right after it was decoded: a sink that turns rows into bytes spares the memory of
   * rows that wait; one that has nothing to prepare returns the mutation. Called again for a mutation that has to be written
   * again. Does not throw for what a row holds: its write fails.
   */
  prepare(mutation: Mutation<Row>): Prepared;
  /** Resolves with one outcome a mutation, in their order, once each is durable or has failed. Does not throw. */
  write(prepared: readonly Prepared[]): Promise<readonly MutationOutcome[]>;
}
