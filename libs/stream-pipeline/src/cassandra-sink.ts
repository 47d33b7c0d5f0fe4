import {
  type CassandraSession,
  earliestWriteTimestamp,
  type PreparedMutation,
  type TableDefinition,
  TableWriter,
  type TableWriterOptions,
} from '@sluice/cassandra-repository';
import { PipelineError } from './errors.ts';
import type { Mutation, MutationOutcome, Sink } from './sink.ts';

type Row = Record<string, unknown>;

/** Where a column gets its value: from the field of that name, or from a function of the message. */
export type ColumnSource<Message> = (keyof Message & string) | ((message: Message) => unknown);

/** One table that a message is written to, and how. Options of the writer (TTL, consistency, nulls) hold for this table. */
export interface TableTarget<Message> extends TableWriterOptions {
  readonly table: TableDefinition;
  /**
   * Sources of columns that are not simply the field of the same name. With it, even if empty, fields of the message without a
   * column are left out; so are they where a sink has several tables. Default: the message, or what `rows` makes of it, is the
   * row, and one with a field that is no column is refused (`unknown-column`).
   */
  readonly columns?: Readonly<Record<string, ColumnSource<Message>>>;
  /**
   * Makes several rows of one message, such as the lines of an order; `columns` then applies to each of them. Rows that an
   * older version of the message had and this one has not are deleted: by the columns of the primary key that the message
   * itself has, which must be the partition key at least. Default: the message is one row.
   */
  readonly rows?: (message: Message) => readonly object[];
  /**
   * What a tombstone does: `apply` deletes the rows of its key, `ignore` keeps them, as in a history. With `ignore` each version
   * of a message is written, not only the newest one of a batch: it can be a row of its own. Default `apply`.
   */
  readonly deletes?: 'apply' | 'ignore';
}

/** What a sink of Cassandra has made of a message, for itself to write. */
export interface PreparedWrite {
  readonly kind: 'prepared';
}

/**
 * A sink that writes each message to one or several tables of Cassandra.
 *
 * A message counts as written when every table has its rows. Tables are written independently: where one of them refuses a
 * message for its content, the message becomes a dead letter though the others may have it. So does a message for which
 * `rows` or a function of `columns` throws (`mapping-failed`).
 *
 * @throws PipelineError `bad-target` for options that cannot work
 * @throws CassandraError where the cluster does not answer
 */
export async function cassandraSink<Message extends object>(
  session: CassandraSession,
  targets: TableDefinition | TableTarget<Message> | readonly TableTarget<Message>[],
): Promise<Sink<Message, PreparedWrite>> {
  const list = isList(targets) ? targets : ['keyspace' in targets ? { table: targets } : targets];
  const [first, ...others] = list;
  if (!first) throw new PipelineError('bad-target', 'a sink needs at least one table');
  if (others.length === 0) return tableSink(session, first);
  // each takes the fields that it has columns for
  const each = list.map((target) => (target.rows ? target : { columns: {}, ...target }));
  return new AllTables(await Promise.all(each.map((target) => tableSink(session, target))));
}

/** `Array.isArray` does not know of arrays that are read only. */
function isList<Item>(value: object | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}

async function tableSink<Message extends object>(
  session: CassandraSession,
  target: TableTarget<Message>,
): Promise<Sink<Message, PreparedWrite>> {
  const { table, columns, rows, deletes, ...options } = target;
  const unknown = Object.keys(columns ?? {}).filter(
    (name) => !table.columns.some((column) => column.name === name),
  );
  if (unknown.length > 0)
    throw new PipelineError(
      'bad-target',
      `table ${table.keyspace}.${table.table} has no column ${unknown.join(', ')}: fix the option columns`,
    );
  if (!columns && !rows && deletes !== 'ignore')
    return new PlainTable(await TableWriter.open<Message>(session, table, options), target);
  return new MappedTable(await TableWriter.open<Row>(session, table, options), target);
}

/** Of each of several tables, in their order. */
interface PreparedEverywhere extends PreparedWrite {
  readonly tables: readonly PreparedWrite[];
}

/** A message is written when it is written everywhere; a refusal outweighs a failure that may pass. */
class AllTables<Message extends object> implements Sink<Message, PreparedEverywhere> {
  readonly everyVersion: boolean;
  readonly #tables: readonly Sink<Message, PreparedWrite>[];

  constructor(tables: readonly Sink<Message, PreparedWrite>[]) {
    this.everyVersion = tables.some((table) => table.everyVersion);
    this.#tables = tables;
  }

  bindKey(field: string): { readonly everyVersion: boolean } {
    const bound = this.#tables.map((table) => table.bindKey?.(field));
    return { everyVersion: bound.some((ofTable) => ofTable?.everyVersion) };
  }

  prepare(mutation: Mutation<Message>): PreparedEverywhere {
    return { kind: 'prepared', tables: this.#tables.map((table) => table.prepare(mutation)) };
  }

  async write(prepared: readonly PreparedEverywhere[]): Promise<readonly MutationOutcome[]> {
    const outcomes = await Promise.all(
      this.#tables.map((table, at) => table.write(prepared.flatMap(({ tables }) => tables[at] ?? []))),
    );
    return prepared.map((_, i) => worst(outcomes.map((ofTable) => ofTable[i])));
  }
}

/** What a record's key, and a tombstone, are to a table. */
class TargetKey<Message extends object> {
  readonly #target: TableTarget<Message>;
  readonly #columns: readonly string[];

  constructor(target: TableTarget<Message>) {
    const { partitionKey, clusteringKey } = target.table.primaryKey;
    this.#target = target;
    this.#columns = [...partitionKey, ...clusteringKey];
  }

  /** See {@link Sink.bindKey}. */
  bind(field: string): { readonly everyVersion: boolean } {
    const { table, rows, deletes = 'apply' } = this.#target;
    const { partitionKey } = table.primaryKey;
    const missing = partitionKey.filter((column) => {
      const source = sourceOf(this.#target, column);
      return source !== field && typeof source !== 'function';
    });
    if (deletes === 'apply' && missing.length > 0)
      throw new PipelineError(
        'bad-target',
        `a tombstone has the field ${field} alone, which leaves ${missing.join(', ')} of the partition key (${partitionKey.join(', ')}) of ` +
          `${table.keyspace}.${table.table} open: set deletes to ignore, or choose another primary key`,
      );
    const [first, ...others] = this.#columns;
    // what rows() makes may have more of the key than the record
    const isKeyOfRecord =
      !rows && others.length === 0 && first !== undefined && sourceOf(this.#target, first) === field;
    return { everyVersion: !isKeyOfRecord };
  }

  /** The leading columns of the primary key for which the message, or the key of a tombstone, has a value. */
  of(message: Partial<Message>): Row {
    const key: Row = {};
    for (const column of this.#columns) {
      const source = sourceOf(this.#target, column);
      const value = typeof source === 'function' ? source(message as Message) : message[source];
      if (value === undefined || value === null) break;
      key[column] = value;
    }
    return key;
  }
}

/** A table whose rows are the messages. */
class PlainTable<Message extends object> implements Sink<Message, PreparedMutation> {
  readonly everyVersion: boolean;
  readonly #writer: TableWriter<Message>;
  readonly #key: TargetKey<Message>;

  constructor(writer: TableWriter<Message>, target: TableTarget<Message>) {
    this.everyVersion = writer.everyVersion;
    this.#writer = writer;
    this.#key = new TargetKey(target);
  }

  bindKey(field: string): { readonly everyVersion: boolean } {
    return this.#key.bind(field);
  }

  prepare(mutation: Mutation<Message>): PreparedMutation {
    return this.#writer.prepare(mutation);
  }

  write(prepared: readonly PreparedMutation[]): Promise<readonly MutationOutcome[]> {
    return this.#writer.write(prepared);
  }
}

/** What one message becomes in a table; `refusal` where its rows cannot be made. */
interface PreparedMessage extends PreparedWrite {
  readonly mutations: readonly PreparedMutation[];
  readonly refusal?: MutationOutcome;
}

/** A table with columns or rows that are made of the message, or which keeps what a tombstone would delete. */
class MappedTable<Message extends object> implements Sink<Message, PreparedMessage> {
  readonly everyVersion: boolean;
  readonly #writer: TableWriter<Row>;
  readonly #target: TableTarget<Message>;
  readonly #columns: readonly (readonly [column: string, source: ColumnSource<Message>])[];
  readonly #key: TargetKey<Message>;

  constructor(writer: TableWriter<Row>, target: TableTarget<Message>) {
    const { table, columns } = target;
    this.everyVersion = writer.everyVersion || target.deletes === 'ignore';
    this.#writer = writer;
    this.#target = target;
    this.#columns = columns ? table.columns.map(({ name }) => [name, sourceOf(target, name)] as const) : [];
    this.#key = new TargetKey(target);
  }

  bindKey(field: string): { readonly everyVersion: boolean } {
    return this.#key.bind(field);
  }

  /** What a caller's function throws is the fault of one message, and must not stop those beside it. */
  prepare(mutation: Mutation<Message>): PreparedMessage {
    try {
      const planned: Mutation<Row>[] = [];
      this.#plan(mutation, planned);
      return { kind: 'prepared', mutations: planned.map((part) => this.#writer.prepare(part)) };
    } catch (error) {
      const { keyspace, table } = this.#target.table;
      // Its message may quote the record, so only its name is told.
      const name = error instanceof Error ? error.name : typeof error;
      const message = `the rows of ${keyspace}.${table} cannot be made of the message: rows or columns threw ${name}`;
      const refusal = { status: 'failed', error: { kind: 'data', code: 'mapping-failed', message } } as const;
      return { kind: 'prepared', mutations: [], refusal };
    }
  }

  async write(prepared: readonly PreparedMessage[]): Promise<readonly MutationOutcome[]> {
    const outcomes = await this.#writer.write(prepared.flatMap(({ mutations }) => mutations));
    let at = 0;
    return prepared.map(
      ({ mutations: { length }, refusal }) => refusal ?? worst(outcomes.slice(at, (at += length))),
    );
  }

  #plan(mutation: Mutation<Message>, planned: Mutation<Row>[]): void {
    const { rows, deletes = 'apply' } = this.#target;
    const { writeTimestamp } = mutation;
    if (mutation.kind === 'delete') {
      if (deletes === 'apply')
        planned.push({ kind: 'delete', key: this.#key.of(mutation.key), writeTimestamp });
      return;
    }
    if (!rows) {
      planned.push({ kind: 'upsert', row: this.#row(mutation.row), writeTimestamp });
      return;
    }
    // One microsecond before its rows: it takes the rows of every older version with it, and none of this one's.
    if (writeTimestamp > earliestWriteTimestamp)
      planned.push({ kind: 'delete', key: this.#key.of(mutation.row), writeTimestamp: writeTimestamp - 1 });
    for (const row of rows(mutation.row))
      planned.push({ kind: 'upsert', row: this.#row(row as Message), writeTimestamp });
  }

  #row(message: Message): Row {
    if (this.#columns.length === 0) return message as Row;
    const row: Row = {};
    for (const [column, source] of this.#columns)
      row[column] = typeof source === 'function' ? source(message) : message[source];
    return row;
  }
}

/** Default: the field of the column's name. */
function sourceOf<Message>({ columns }: TableTarget<Message>, column: string): ColumnSource<Message> {
  return columns?.[column] ?? (column as keyof Message & string);
}

const written: MutationOutcome = { status: 'written' };

function worst(outcomes: readonly (MutationOutcome | undefined)[]): MutationOutcome {
  let found: MutationOutcome = written;
  for (const outcome of outcomes) {
    if (outcome?.status !== 'failed') continue;
    if (outcome.error.kind === 'data') return outcome;
    found = outcome;
  }
  return found;
}
