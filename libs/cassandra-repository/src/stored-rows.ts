import { setTimeout as delay } from 'node:timers/promises';
import type { Client, types } from 'cassandra-driver';
import { valuesOf } from './bound-values.ts';
import { compareTable } from './check-table.ts';
import { CassandraError } from './errors.ts';
import { readLiveTable } from './live-table.ts';
import { earliestWriteTimestamp } from './mutation.ts';
import { MutationEncoder } from './mutation-encoder.ts';
import { requireMurmur3 } from './partitioner.ts';
import { plainValue } from './plain-value.ts';
import { partitionKeyBytes } from './replica-groups.ts';
import { type CassandraSession, driverClient } from './session.ts';
import { atKey, inTokenRange, selectStored } from './statements.ts';
import { keyColumns, type TableDefinition } from './table-definition.ts';
import { wrapError } from './write-errors.ts';

/** The primary key of a row, as stored. */
export interface StoredKey {
  /** Bytes of each column of the primary key, in its order. */
  readonly values: readonly Buffer[];
  /** The upper half of the token of the partition key, a signed 32-bit integer: where on the ring the row is. */
  readonly token: number;
}

/** What a table stores of a row, or would store. */
export interface RowImage {
  readonly key: StoredKey;
  /** Bytes of each column of the definition, in its order; null where there is no value. */
  readonly cells: readonly (Buffer | null)[];
}

/** A row that is in the table. */
export interface StoredRow extends RowImage {
  /** The values of the primary key as text, for messages. */
  readonly keyText: string;
  /**
   * Smallest and largest write timestamp of the cells that have a value, us since the epoch; null where no cell outside the primary
   * key has one. Cassandra does not tell the timestamp of a null, nor that of the row itself.
   */
  readonly oldest: number | null;
  readonly newest: number | null;
}

/** Rows from one place on the ring to another, both included: upper halves of tokens. */
export interface TokenWindow {
  readonly first: number;
  readonly last: number;
}

export interface ScanOptions {
  /** Rows fetched at a time, and so held in memory. Default 1,000. */
  readonly pageSize?: number;
  /** Ends the reading with its reason as the error. */
  readonly signal?: AbortSignal;
}

const readAttempts = 5;
const upperHalf = 2n ** 32n;

/**
 * Reads the rows of one table with their write timestamps, and makes of a row what the table should store for it: both as the bytes
 * in the columns that the table has, so that they can be compared without a detour over values.
 */
export class StoredRows<Row extends object> {
  /** TTL of rows that are written without one, s; 0 where they live for ever. */
  readonly defaultTtlSeconds: number;
  readonly #client: Client;
  readonly #definition: TableDefinition;
  readonly #encoder: MutationEncoder;
  readonly #select: string;
  /** Where the columns of the primary key are among those of the definition. */
  readonly #keyAt: readonly number[];
  /** Names in the result: of the columns, and of their write timestamps. */
  readonly #cells: readonly string[];
  readonly #times: readonly string[];

  private constructor(
    client: Client,
    definition: TableDefinition,
    encoder: MutationEncoder,
    found: { readonly columns: ReadonlyMap<string, string>; readonly defaultTtlSeconds: number },
  ) {
    this.#client = client;
    this.#definition = definition;
    this.#encoder = encoder;
    this.defaultTtlSeconds = found.defaultTtlSeconds;
    this.#select = selectStored(definition, found.columns);
    this.#keyAt = keyColumns(definition).map((key) =>
      definition.columns.findIndex(({ name }) => name === key),
    );
    this.#cells = definition.columns.map((_, at) => `c${at}`);
    this.#times = this.#cells.slice(this.#keyAt.length).map((_, at) => `w${at}`);
  }

  /**
   * Looks at the columns that the table has.
   *
   * @throws {CassandraError} `bad-table` where the table is missing or not as defined; `unsupported-partitioner`; others as the
   *   cluster answers
   */
  static async open<Row extends object>(
    session: CassandraSession,
    definition: TableDefinition,
  ): Promise<StoredRows<Row>> {
    const { keyspace, table } = definition;
    await requireMurmur3(session, 'read rows by their tokens');
    const live = await readLiveTable(session, keyspace, table);
    if (!live) throw badTable(`there is no table ${keyspace}.${table}: run migrate`);
    const { ok, problems, conversions } = compareTable(definition, live);
    if (!ok) throw badTable(problems.map(({ message }) => message).join('; '));
    const encoder = new MutationEncoder(definition, { conversions });
    return new StoredRows<Row>(driverClient(session), definition, encoder, live);
  }

  /** What the table stores for a row. @throws {WriteError} of kind `data` for a row that it cannot store */
  imageOf(row: Row): RowImage {
    const { values } = this.#encoder.encode({ kind: 'upsert', row, writeTimestamp: earliestWriteTimestamp });
    const cells = valuesOf(values).slice(0, -1) as (Buffer | null)[];
    return { key: this.#key(this.#keyAt.map((at) => cells[at] as Buffer)), cells };
  }

  /** @throws {WriteError} of kind `data` for a key that no row can have */
  keyOf(key: Partial<Row>): StoredKey {
    return this.#key(this.#encoder.encodeKey(key as Record<string, unknown>));
  }

  /**
   * The rows in a part of the ring, page by page. A page that fails is asked for again, a few times.
   *
   * @throws {CassandraError}
   */
  async *scan(
    { first, last }: TokenWindow,
    { pageSize = 1_000, signal }: ScanOptions = {},
  ): AsyncGenerator<StoredRow, void, undefined> {
    const cql = this.#select + inTokenRange(this.#definition);
    const lowest = BigInt(first) * upperHalf;
    // no row has the lowest token of all, and there is none below it
    const after = first === -(2 ** 31) ? lowest : lowest - 1n;
    const range = [after, BigInt(last) * upperHalf + (upperHalf - 1n)];
    let pageState: string | undefined;
    do {
      signal?.throwIfAborted();
      const state = pageState === undefined ? {} : { pageState };
      const page = await this.#execute(cql, range, { fetchSize: pageSize, ...state }, signal);
      for (const row of page.rows) yield this.#stored(row);
      pageState = (page.pageState as string | null) ?? undefined;
    } while (pageState !== undefined);
  }

  /** The row of a key, or null. @throws {CassandraError} */
  async find({ values }: StoredKey): Promise<StoredRow | null> {
    const { rows } = await this.#execute(this.#select + atKey(this.#definition), [...values], {});
    return rows[0] ? this.#stored(rows[0]) : null;
  }

  /** Reading twice harms nothing, and one page that times out must not end an hour's work. */
  async #execute(
    cql: string,
    params: unknown[],
    options: { fetchSize?: number; pageState?: string },
    signal?: AbortSignal,
  ): Promise<types.ResultSet> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#client.execute(cql, params, { prepare: true, ...options });
      } catch (cause) {
        const error = wrapError(`cannot read ${this.#definition.keyspace}.${this.#definition.table}`, cause);
        if (!error.retryable || attempt === readAttempts) throw error;
        await delay(250 * 2 ** attempt, undefined, signal ? { signal } : {});
      }
    }
  }

  /** By the names that `selectStored` gives: the driver's own ways through a row take longer than everything else here. */
  #stored(found: types.Row): StoredRow {
    const cells = new Array<Buffer | null>(this.#cells.length);
    for (let at = 0; at < cells.length; at++) cells[at] = found[this.#cells[at] as string] as Buffer | null;
    let oldest: number | null = null;
    let newest: number | null = null;
    for (const name of this.#times) {
      const time = found[name] as bigint | null;
      if (time === null) continue;
      const us = Number(time);
      if (oldest === null || us < oldest) oldest = us;
      if (newest === null || us > newest) newest = us;
    }
    const token = Number((found.t as bigint) >> 32n);
    return {
      key: { values: this.#keyAt.map((at) => cells[at] as Buffer), token },
      keyText: this.#keyAt.map((_, at) => String(plainValue(found[`k${at}`]))).join('/'),
      cells,
      oldest,
      newest,
    };
  }

  #key(values: readonly Buffer[]): StoredKey {
    const partitionKey = values.slice(0, this.#definition.primaryKey.partitionKey.length);
    return { values, token: this.#tokenOf(partitionKeyBytes(partitionKey)) };
  }

  #tokenOf(partitionKey: Buffer): number {
    const { tokenizer } = this.#client.metadata as unknown as Tokenizing;
    const value = tokenizer.hash(partitionKey).getValue();
    return (value.getUint16(3) << 16) | value.getUint16(2);
  }
}

/** What the driver's types leave out: the partitioner's hash, 16 bits at a time from the lowest. */
interface Tokenizing {
  readonly tokenizer: {
    hash(value: Buffer): { getValue(): { getUint16(index: number): number } };
  };
}

function badTable(message: string): CassandraError {
  return new CassandraError('bad-table', message, { retryable: false });
}
