import type { Client, QueryOptions } from 'cassandra-driver';
import { type BatchLimits, readBatchLimits } from './batch-limits.ts';
import { WriteError } from './errors.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import type { Mutation, MutationOutcome } from './mutation.ts';
import { type EncodedMutation, MutationEncoder } from './mutation-encoder.ts';
import type { Consistency, Logger } from './options.ts';
import { ReplicaGroups } from './replica-groups.ts';
import { type CassandraSession, consistencies, driverClient } from './session.ts';
import type { TableDefinition } from './table-definition.ts';
import { TableGuard } from './table-guard.ts';
import { type SortedError, sortError } from './write-errors.ts';
import { planBatches } from './write-plan.ts';

export interface TableWriterOptions {
  /**
   * How long a written row lives, s, from the moment of the write and not from its timestamp: a row written again
   * lives on. At most 20 years. Default: for ever, or the table's `default_time_to_live`.
   */
  readonly ttlSeconds?: number;
  /** Of the writes to this table. Default: the session's. */
  readonly consistency?: Consistency;
  /**
   * What a null or absent column does: `write` writes a null over the old value, `keep` leaves the old cell, for
   * records that carry only what has changed. With `keep` a row is no longer the image of its newest record, and a
   * column cannot be emptied but by deleting the row. Default `write`.
   */
  readonly nulls?: 'write' | 'keep';
  /** Requests in flight, over all calls of `write`. More use a large cluster better and need more memory. Default 32. */
  readonly maxInFlight?: number;
  /** Told where the server's batch thresholds cannot be read. */
  readonly logger?: Logger;
}

/** A mutation on its way: what is sent, how it is planned, and whose outcome it is. */
interface Planned extends EncodedMutation {
  replicas: number;
  index: number;
}

const written: MutationOutcome = { status: 'written' };

/** Writes rows of one table, many at a time, with the write timestamp of each. */
export class TableWriter<Row extends object> {
  readonly #client: Client;
  readonly #encoder: MutationEncoder;
  readonly #sending: QueryOptions;
  readonly #guard: TableGuard;
  readonly #limits: BatchLimits;
  readonly #inFlight: InFlightLimit;
  readonly #groups: ReplicaGroups;
  readonly #table: string;

  private constructor(
    session: CassandraSession,
    definition: TableDefinition,
    limits: BatchLimits,
    { maxInFlight = 32, consistency, ttlSeconds, nulls }: TableWriterOptions,
  ) {
    this.#client = driverClient(session);
    this.#encoder = new MutationEncoder(definition, { ttlSeconds, nulls });
    this.#sending = { prepare: true, ...(consistency && { consistency: consistencies[consistency] }) };
    this.#guard = new TableGuard(session, definition);
    this.#limits = limits;
    this.#inFlight = new InFlightLimit(maxInFlight);
    this.#groups = new ReplicaGroups(this.#client, definition.keyspace);
    this.#table = `${definition.keyspace}.${definition.table}`;
  }

  /**
   * Reads the server's batch thresholds, once. The table need not exist yet.
   *
   * @throws {CassandraError} where the cluster does not answer, or `bad-definition`
   */
  static async open<Row extends object>(
    session: CassandraSession,
    definition: TableDefinition,
    options: TableWriterOptions = {},
  ): Promise<TableWriter<Row>> {
    const limits = await readBatchLimits(session, options.logger);
    return new TableWriter<Row>(session, definition, limits, options);
  }

  /**
   * Writes each mutation and tells what became of it, in the order given. Never throws for a failed write.
   *
   * Rows that share replicas travel in UNLOGGED batches under the server's warning thresholds. A batch that is
   * refused is taken apart, so that only the rows at fault fail. Nothing is retried: that is up to the caller,
   * and harmless, as the timestamp decides which version of a row stays.
   */
  async write(mutations: readonly Mutation<Row>[]): Promise<MutationOutcome[]> {
    const outcomes = new Array<MutationOutcome>(mutations.length);
    const planned = this.#encode(mutations, outcomes);
    const batches = planBatches(planned, this.#limits);
    await Promise.all(batches.map((batch) => this.#writeBatch(batch, outcomes)));
    return outcomes;
  }

  #encode(mutations: readonly Mutation<Row>[], outcomes: MutationOutcome[]): Planned[] {
    const planned: Planned[] = [];
    let allShared: boolean | undefined;
    for (let index = 0; index < mutations.length; index++) {
      try {
        const item = this.#encoder.encode(mutations[index] as Mutation<Row>) as Planned;
        allShared ??= this.#groups.allShared(this.#encoder.partitionKey(item));
        item.replicas = allShared ? 0 : this.#groups.of(this.#encoder.partitionKey(item));
        item.index = index;
        planned.push(item);
      } catch (error) {
        if (!(error instanceof WriteError)) throw error;
        outcomes[index] = { status: 'failed', error };
      }
    }
    return planned;
  }

  async #writeBatch(batch: readonly Planned[], outcomes: MutationOutcome[]): Promise<void> {
    try {
      await this.#inFlight.run(() => this.#send(batch));
    } catch (cause) {
      return this.#settle(batch, cause, outcomes);
    }
    for (const { index } of batch) outcomes[index] = written;
  }

  async #send(batch: readonly Planned[]): Promise<void> {
    const [first] = batch;
    if (batch.length === 1 && first) {
      await this.#client.execute(first.query, first.params, this.#sending);
    } else {
      await this.#client.batch(batch as Planned[], { ...this.#sending, logged: false });
    }
  }

  /** Finds out which rows of a failed batch are at fault; writes the others. */
  async #settle(batch: readonly Planned[], cause: unknown, outcomes: MutationOutcome[]): Promise<void> {
    const sorted = sortError(cause);
    const blamed = sorted.verdict === 'suspect' ? await this.#guard.blame() : undefined;
    if (sorted.split && batch.length > 1 && !blamed) {
      const middle = Math.ceil(batch.length / 2);
      const halves = [batch.slice(0, middle), batch.slice(middle)];
      await Promise.all(halves.map((half) => this.#writeBatch(half, outcomes)));
      return;
    }
    const error = blamed ?? this.#error(sorted, cause);
    for (const { index } of batch) outcomes[index] = { status: 'failed', error };
  }

  /** The table is not to blame here: what the server still refuses is the row's own fault. */
  #error({ code, verdict, detail }: SortedError, cause: unknown): WriteError {
    const what = `cannot write to ${this.#table}: ${detail}`;
    if (verdict !== 'suspect') return new WriteError(code, verdict, what, cause);
    if (code === 'unprepared') return new WriteError(code, 'retry', what, cause);
    return new WriteError('refused-row', 'data', `${this.#table} refuses the row: ${detail}`, cause);
  }
}
