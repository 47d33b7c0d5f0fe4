import type { Client, QueryOptions } from 'cassandra-driver';
import { type BatchLimits, readBatchLimits } from './batch-limits.ts';
import { checkTable, type TableCheck } from './check-table.ts';
import type { ColumnConversion } from './column-conversion.ts';
import { driverParams, sendBatch } from './driver-batch.ts';
import { CassandraError, WriteError } from './errors.ts';
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
  /** Told which columns are converted, and where the server's batch thresholds cannot be read. */
  readonly logger?: Logger;
}

/** What a `TableWriter` has made of a mutation, in place of which it takes it: bytes, and nothing of the row. */
export type PreparedMutation = Planned | Unencodable;

/** A mutation on its way: what is sent, by which encoder, how it is planned, and whose outcome it is. */
interface Planned extends EncodedMutation {
  readonly kind: 'prepared';
  readonly encoder: object;
  replicas: number;
  /** Where the replicas are not all nodes: what tells the driver which they are. */
  routingKey: Buffer | undefined;
  index: number;
}

/** A mutation that cannot be encoded. */
interface Unencodable {
  readonly kind: 'prepared';
  readonly encoder: object;
  readonly error: WriteError;
}

/** One call of `write`. */
interface Call {
  readonly encoder: MutationEncoder;
  readonly outcomes: MutationOutcome[];
}

const written: MutationOutcome = { status: 'written' };

/** Writes rows of one table, many at a time, with the write timestamp of each. */
export class TableWriter<Row extends object> {
  readonly #client: Client;
  readonly #definition: TableDefinition;
  readonly #options: TableWriterOptions;
  readonly #sending: QueryOptions;
  readonly #guard: TableGuard;
  readonly #limits: BatchLimits;
  readonly #inFlight: InFlightLimit;
  readonly #groups: ReplicaGroups;
  readonly #table: string;

  #conversions: readonly ColumnConversion[];
  #encoder: MutationEncoder;
  /** Whether the table could be written to when it was looked at last. */
  #ready: boolean;

  private constructor(
    session: CassandraSession,
    definition: TableDefinition,
    limits: BatchLimits,
    { ok, conversions }: TableCheck,
    options: TableWriterOptions,
  ) {
    const { maxInFlight = 32, consistency } = options;
    this.#client = driverClient(session);
    this.#definition = definition;
    this.#options = options;
    this.#sending = { prepare: true, ...(consistency && { consistency: consistencies[consistency] }) };
    this.#guard = new TableGuard(session, definition);
    this.#limits = limits;
    this.#inFlight = new InFlightLimit(maxInFlight);
    this.#groups = new ReplicaGroups(this.#client, definition.keyspace);
    this.#table = `${definition.keyspace}.${definition.table}`;
    this.#ready = ok;
    this.#conversions = conversions;
    this.#encoder = this.#newEncoder();
  }

  /**
   * Reads the column types of the table and the server's batch thresholds. The table need not exist yet, nor have
   * all columns: it is looked at again before the next write, until it does.
   *
   * @throws {CassandraError} `bad-table` where the table has a column that does not keep the values of its field, or
   *   another primary key; `bad-definition`; others where the cluster does not answer
   */
  static async open<Row extends object>(
    session: CassandraSession,
    definition: TableDefinition,
    options: TableWriterOptions = {},
  ): Promise<TableWriter<Row>> {
    const check = await checkTable(session, definition);
    refuseMisfit(check);
    const limits = await readBatchLimits(session, options.logger);
    return new TableWriter<Row>(session, definition, limits, check, options);
  }

  /**
   * Whether every version of a row has to be written for the row to be right: with `nulls: 'keep'` each brings cells of its own.
   * Else the newest is enough.
   */
  get everyVersion(): boolean {
    return this.#options.nulls === 'keep';
  }

  /** Columns that the table has with another type than defined, whose values are converted. */
  get conversions(): readonly ColumnConversion[] {
    return this.#conversions;
  }

  /**
   * Encodes a mutation ahead of {@link write}, so that its row need not be kept until it is written: memory of bytes costs a
   * garbage collector far less than that of rows. Where the table has changed its columns in between, the write fails
   * (`bad-table`, to be tried again), and the mutation has to be prepared anew. Never throws for a row that cannot be
   * encoded: its write fails.
   */
  prepare(mutation: Mutation<Row>): PreparedMutation {
    const encoder = this.#encoder;
    try {
      const { query, values, count, bytes } = encoder.encode(mutation);
      return {
        kind: 'prepared',
        encoder,
        query,
        values,
        count,
        bytes,
        replicas: 0,
        routingKey: undefined,
        index: 0,
      };
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      return { kind: 'prepared', encoder, error };
    }
  }

  /**
   * Writes each mutation and tells what became of it, in the order given. Never throws for a failed write.
   *
   * Rows that share replicas travel in UNLOGGED batches under the server's warning thresholds. A batch that is
   * refused is taken apart, so that only the rows at fault fail. Nothing is retried: that is up to the caller,
   * and harmless, as the timestamp decides which version of a row stays.
   */
  async write(mutations: readonly (Mutation<Row> | PreparedMutation)[]): Promise<MutationOutcome[]> {
    // What was missing may come with other types: bytes for the defined ones could pass as values of those.
    const blame = this.#ready ? undefined : await this.#look();
    if (blame) return mutations.map(() => ({ status: 'failed', error: blame }));
    const call = { encoder: this.#encoder, outcomes: new Array<MutationOutcome>(mutations.length) };
    const batches = planBatches(this.#plan(mutations, call), this.#limits);
    await Promise.all(batches.map((batch) => this.#writeBatch(batch, call)));
    return call.outcomes;
  }

  #plan(
    mutations: readonly (Mutation<Row> | PreparedMutation)[],
    { encoder, outcomes }: Call,
  ): readonly Planned[] {
    const planned: Planned[] = [];
    let allShared: boolean | undefined;
    mutations.forEach((mutation, index) => {
      const item = mutation.kind === 'prepared' ? mutation : this.prepare(mutation);
      if (item.encoder !== encoder) outcomes[index] = { status: 'failed', error: this.#changed() };
      else if ('error' in item) outcomes[index] = { status: 'failed', error: item.error };
      else {
        allShared ??= this.#groups.allShared(encoder.partitionKey(item));
        item.routingKey = allShared ? undefined : encoder.partitionKey(item);
        item.replicas = item.routingKey ? this.#groups.of(item.routingKey) : 0;
        item.index = index;
        planned.push(item);
      }
    });
    return planned;
  }

  async #writeBatch(batch: readonly Planned[], call: Call): Promise<void> {
    try {
      await this.#inFlight.run(() => this.#send(batch));
    } catch (cause) {
      return this.#settle(batch, cause, call);
    }
    for (const { index } of batch) call.outcomes[index] = written;
  }

  async #send(batch: readonly Planned[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    if (batch.length === 1) {
      await this.#client.execute(first.query, driverParams(first), this.#sending);
    } else {
      const { keyspace } = this.#definition;
      const { routingKey } = first;
      await sendBatch(this.#client, batch, { ...this.#sending, ...(routingKey && { routingKey, keyspace }) });
    }
  }

  /** Finds out which rows of a failed batch are at fault; writes the others. */
  async #settle(batch: readonly Planned[], cause: unknown, call: Call): Promise<void> {
    const sorted = sortError(cause);
    const blame = sorted.verdict === 'suspect' ? await this.#blame(call) : undefined;
    if (sorted.split && batch.length > 1 && !blame) {
      const middle = Math.ceil(batch.length / 2);
      const halves = [batch.slice(0, middle), batch.slice(middle)];
      await Promise.all(halves.map((half) => this.#writeBatch(half, call)));
      return;
    }
    const error = blame ?? this.#error(sorted, cause);
    for (const { index } of batch) call.outcomes[index] = { status: 'failed', error };
  }

  async #blame({ encoder }: Call): Promise<WriteError | undefined> {
    const blame = await this.#look();
    return blame ?? (encoder === this.#encoder ? undefined : this.#changed());
  }

  #changed(): WriteError {
    const message = `${this.#table} has changed its columns: write the row again`;
    return new WriteError('bad-table', 'retry', message);
  }

  /** Looks at the live table, and writes from now on for the columns that it has. */
  async #look(): Promise<WriteError | undefined> {
    const { blame, conversions } = await this.#guard.look();
    this.#ready = !blame;
    if (!blame && JSON.stringify(conversions) !== JSON.stringify(this.#conversions)) {
      this.#conversions = conversions;
      this.#encoder = this.#newEncoder();
    }
    return blame;
  }

  #newEncoder(): MutationEncoder {
    const { ttlSeconds, nulls, logger } = this.#options;
    const conversions = this.#conversions;
    if (conversions.length > 0) {
      const columns = conversions.map(({ column, defined, found }) => `${column} (${defined} as ${found})`);
      logger?.info({ table: this.#table, columns }, 'values are converted for the columns of the table');
    }
    return new MutationEncoder(this.#definition, { ttlSeconds, nulls, conversions });
  }

  /** The table is not to blame here: what the server still refuses is the row's own fault. */
  #error({ code, verdict, split, detail }: SortedError, cause: unknown): WriteError {
    const what = `cannot write to ${this.#table}: ${detail}`;
    // a batch that such an error met was taken apart: what still fails, fails by itself
    if (verdict === 'retry' && split) return new WriteError(code, 'suspect', what, cause);
    if (verdict !== 'suspect') return new WriteError(code, verdict, what, cause);
    if (code === 'unprepared') return new WriteError(code, 'retry', what, cause);
    return new WriteError('refused-row', 'data', `${this.#table} refuses the row: ${detail}`, cause);
  }
}

/** What is only missing may come; a column of a wrong type has to be replaced by a person. */
function refuseMisfit({ problems }: TableCheck): void {
  const misfits = problems.filter(({ kind }) => kind === 'column-type' || kind === 'primary-key');
  if (misfits.length === 0) return;
  const message = misfits.map((problem) => problem.message).join('; ');
  throw new CassandraError('bad-table', message, { retryable: false });
}
