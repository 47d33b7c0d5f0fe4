import type { Client, types } from 'cassandra-driver';
import { checkTable } from './check-table.ts';
import { convertingReader } from './column-conversion.ts';
import { CassandraError } from './errors.ts';
import { MutationEncoder } from './mutation-encoder.ts';
import { requireMurmur3 } from './partitioner.ts';
import { plainValue } from './plain-value.ts';
import { type CassandraSession, driverClient } from './session.ts';
import { countRange, selectRow, selectRows } from './statements.ts';
import type { TableDefinition } from './table-definition.ts';
import { countByRanges } from './count-ranges.ts';
import { wrapError } from './write-errors.ts';

export interface RowsOptions {
  /** Rows fetched at a time, and so held in memory. Default 1,000. */
  readonly pageSize?: number;
  /** Ends the reading with its reason as the error. */
  readonly signal?: AbortSignal;
}

/** How the table that was found is read. */
interface Layout {
  readonly encoder: MutationEncoder;
  /** The readers of converted columns. */
  readonly readers: ReadonlyMap<string, (stored: unknown) => unknown>;
}

/**
 * Reads rows of one table, in the value types that `TableWriter` takes. Columns that the table has with another
 * type are converted back; what `TableWriter` cannot have written there is given as it is stored.
 */
export class TableRepository<Row extends object> {
  readonly #session: CassandraSession;
  readonly #client: Client;
  readonly #definition: TableDefinition;
  readonly #selectRow: string;
  #layout: Promise<Layout> | undefined;

  private constructor(session: CassandraSession, definition: TableDefinition) {
    this.#session = session;
    this.#client = driverClient(session);
    this.#definition = definition;
    this.#selectRow = selectRow(definition);
  }

  static open<Row extends object>(
    session: CassandraSession,
    definition: TableDefinition,
  ): TableRepository<Row> {
    return new TableRepository<Row>(session, definition);
  }

  /**
   * The row of a primary key, or null.
   *
   * @throws {CassandraError} `unencodable-value` for a key that no row can have; `bad-table` where the table is
   *   missing or not as defined; others as the cluster answers
   */
  async find(key: Partial<Row>): Promise<Row | null> {
    const layout = await this.#look();
    const params = layout.encoder.encodeKey(key as Record<string, unknown>);
    const { rows } = await this.#execute(this.#selectRow, params, {});
    return rows[0] ? this.#row(rows[0], layout) : null;
  }

  /**
   * All rows, page by page, in the order of their tokens.
   *
   * @throws {CassandraError} `bad-table` where the table is missing or not as defined; others as the cluster answers
   */
  async *rows({ pageSize = 1_000, signal }: RowsOptions = {}): AsyncGenerator<Row, void, undefined> {
    const layout = await this.#look();
    const cql = selectRows(this.#definition);
    let pageState: string | undefined;
    do {
      signal?.throwIfAborted();
      const page = await this.#execute(cql, [], {
        fetchSize: pageSize,
        ...(pageState !== undefined && { pageState }),
      });
      for (const row of page.rows) yield this.#row(row, layout);
      pageState = (page.pageState as string | null) ?? undefined;
    } while (pageState !== undefined);
  }

  /**
   * The number of rows, counted by the servers in ranges of tokens small enough not to time out.
   *
   * @throws {CassandraError} `unsupported-partitioner` on a cluster without Murmur3, Cassandra's default
   */
  async count(): Promise<number> {
    await requireMurmur3(this.#session, 'count rows');
    const cql = countRange(this.#definition);
    return countByRanges(async (after, last) => {
      const counted = await this.#execute(cql, [after, last], {});
      return Number(counted.rows[0]?.get('rows'));
    });
  }

  async #execute(
    cql: string,
    params: unknown[],
    options: { fetchSize?: number; pageState?: string },
  ): Promise<types.ResultSet> {
    try {
      return await this.#client.execute(cql, params, { prepare: true, ...options });
    } catch (error) {
      throw wrapError(`cannot read ${this.#definition.keyspace}.${this.#definition.table}`, error);
    }
  }

  /** The types of the columns, looked at once. */
  #look(): Promise<Layout> {
    this.#layout ??= readLayout(this.#session, this.#definition).catch((error: unknown) => {
      this.#layout = undefined;
      throw error;
    });
    return this.#layout;
  }

  #row(found: types.Row, { readers }: Layout): Row {
    const row: Record<string, unknown> = {};
    for (const { name } of this.#definition.columns) {
      const value = plainValue(found.get(name));
      const reader = readers.get(name);
      row[name] = reader ? reader(value) : value;
    }
    return row as Row;
  }
}

async function readLayout(session: CassandraSession, definition: TableDefinition): Promise<Layout> {
  const { ok, problems, conversions } = await checkTable(session, definition);
  if (!ok) {
    const message = problems.map((problem) => problem.message).join('; ');
    throw new CassandraError('bad-table', message, { retryable: false });
  }
  return {
    encoder: new MutationEncoder(definition, { conversions }),
    readers: new Map(conversions.map((conversion) => [conversion.column, convertingReader(conversion)])),
  };
}
