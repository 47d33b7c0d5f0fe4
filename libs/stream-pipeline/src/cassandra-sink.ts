import {
  type CassandraSession,
  earliestWriteTimestamp,
  type TableDefinition,
  TableWriter,
  type TableWriterOptions,
} from '@sluice/cassandra-repository';
import { PipelineError } from './errors.ts';
import type { Mutation, MutationOutcome, ReadyMutation, Sink } from './sink.ts';

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
): Promise<Sink<Message>> {
  const list = Array.isArray(targets) ? (targets as readonly TableTarget<Message>[]) : [asTarget(targets)];
  if (list.length === 0) throw new PipelineError('bad-target', 'a sink needs at least one table');
  // of several tables each takes the fields that it has columns for
  const each =
    list.length === 1 ? list : list.map((target) => (target.rows ? target : { columns: {}, ...target }));
  const tables = await Promise.all(each.map((target) => TableSink.open(session, target)));
  const [only] = tables;
  return tables.length === 1 && only ? only : new AllTables(tables);
}

function asTarget<Message>(
  target: TableDefinition | TableTarget<Message> | readonly TableTarget<Message>[],
): TableTarget<Message> {
  return 'keyspace' in target ? { table: target } : (target as TableTarget<Message>);
}

/** A mutation for each of several tables. */
interface ReadyEverywhere extends ReadyMutation {
  readonly tables: readonly ReadyMutation[];
}

/** What one message becomes in a table; `refusal` where its rows cannot be made. */
interface ReadyMessage extends ReadyMutation {
  readonly mutations: readonly ReadyMutation[];
  readonly refusal?: MutationOutcome;
}

const nothing: ReadyMessage = { kind: 'ready', mutations: [] };

/** A message is written when it is written everywhere; a refusal outweighs a failure that may pass. */
class AllTables<Message extends object> implements Sink<Message> {
  readonly everyVersion: boolean;
  readonly #tables: readonly TableSink<Message>[];

  constructor(tables: readonly TableSink<Message>[]) {
    this.everyVersion = tables.some((table) => table.everyVersion);
    this.#tables = tables;
  }

  bindKey(field: string): { readonly everyVersion: boolean } {
    const bound = this.#tables.map((table) => table.bindKey(field));
    return { everyVersion: bound.some(({ everyVersion }) => everyVersion) };
  }

  makeReady(mutation: Mutation<Message>): ReadyEverywhere {
    return { kind: 'ready', tables: this.#tables.map((table) => table.makeReady(mutation)) };
  }

  async write(
    mutations: readonly (Mutation<Message> | ReadyMutation)[],
  ): Promise<readonly MutationOutcome[]> {
    const ready = mutations.map((mutation) =>
      mutation.kind === 'ready' ? (mutation as ReadyEverywhere) : this.makeReady(mutation),
    );
    const outcomes = await Promise.all(
      this.#tables.map((table, at) => table.write(ready.map(({ tables }) => tables[at] ?? nothing))),
    );
    return mutations.map((_, i) => worst(outcomes.map((ofTable) => ofTable[i])));
  }
}

class TableSink<Message extends object> implements Sink<Message> {
  readonly everyVersion: boolean;
  readonly #writer: TableWriter<Row>;
  readonly #target: TableTarget<Message>;
  readonly #columns: readonly (readonly [column: string, source: ColumnSource<Message>])[];
  readonly #key: readonly string[];
  /** Whether a message is its row. */
  readonly #isPlain: boolean;

  static async open<Message extends object>(
    session: CassandraSession,
    target: TableTarget<Message>,
  ): Promise<TableSink<Message>> {
    const { table, columns = {}, rows, deletes, ...options } = target;
    const unknown = Object.keys(columns).filter(
      (name) => !table.columns.some((column) => column.name === name),
    );
    if (unknown.length > 0)
      throw new PipelineError(
        'bad-target',
        `table ${table.keyspace}.${table.table} has no column ${unknown.join(', ')}: fix the option columns`,
      );
    return new TableSink(await TableWriter.open<Row>(session, table, options), target);
  }

  private constructor(writer: TableWriter<Row>, target: TableTarget<Message>) {
    const { table, columns } = target;
    this.everyVersion = writer.everyVersion || target.deletes === 'ignore';
    this.#writer = writer;
    this.#target = target;
    this.#columns = columns
      ? table.columns.map(({ name }) => [name, columns[name] ?? (name as keyof Message & string)] as const)
      : [];
    this.#isPlain = !target.rows && this.#columns.length === 0 && target.deletes !== 'ignore';
    this.#key = [...table.primaryKey.partitionKey, ...table.primaryKey.clusteringKey];
  }

  bindKey(field: string): { readonly everyVersion: boolean } {
    const { table, rows, deletes = 'apply' } = this.#target;
    const { partitionKey } = table.primaryKey;
    const missing = partitionKey.filter((column) => {
      const source = this.#sourceOf(column);
      return source !== field && typeof source !== 'function';
    });
    if (deletes === 'apply' && missing.length > 0)
      throw new PipelineError(
        'bad-target',
        `a tombstone has the field ${field} alone, which leaves ${missing.join(', ')} of the partition key (${partitionKey.join(', ')}) of ` +
          `${table.keyspace}.${table.table} open: set deletes to ignore, or choose another primary key`,
      );
    const [first] = this.#key;
    // what rows() makes may have more of the key than the record
    const isKeyOfRecord =
      !rows && this.#key.length === 1 && first !== undefined && this.#sourceOf(first) === field;
    return { everyVersion: !isKeyOfRecord };
  }

  makeReady(mutation: Mutation<Message>): ReadyMutation {
    return this.#isPlain
      ? this.#writer.makeReady(mutation as Mutation<Row>)
      : this.#makeMessageReady(mutation);
  }

  async write(
    mutations: readonly (Mutation<Message> | ReadyMutation)[],
  ): Promise<readonly MutationOutcome[]> {
    if (this.#isPlain) return this.#writer.write(mutations as readonly (Mutation<Row> | ReadyMutation)[]);
    const messages = mutations.map((mutation) =>
      mutation.kind === 'ready' ? (mutation as ReadyMessage) : this.#makeMessageReady(mutation),
    );
    const outcomes = await this.#writer.write(messages.flatMap(({ mutations: ofMessage }) => ofMessage));
    let at = 0;
    return messages.map(
      ({ mutations: { length }, refusal }) => refusal ?? worst(outcomes.slice(at, (at += length))),
    );
  }

  /** What a caller's function throws is the fault of one message, and must not stop those beside it. */
  #makeMessageReady(mutation: Mutation<Message>): ReadyMessage {
    try {
      const planned: Mutation<Row>[] = [];
      this.#plan(mutation, planned);
      return { kind: 'ready', mutations: planned.map((part) => this.#writer.makeReady(part)) };
    } catch (error) {
      const { keyspace, table } = this.#target.table;
      // Its message may quote the record, so only its name is told.
      const name = error instanceof Error ? error.name : typeof error;
      const message = `the rows of ${keyspace}.${table} cannot be made of the message: rows or columns threw ${name}`;
      const refusal = { status: 'failed', error: { kind: 'data', code: 'mapping-failed', message } } as const;
      return { kind: 'ready', mutations: [], refusal };
    }
  }

  #plan(mutation: Mutation<Message>, planned: Mutation<Row>[]): void {
    const { rows, deletes = 'apply' } = this.#target;
    const { writeTimestamp } = mutation;
    if (mutation.kind === 'delete') {
      if (deletes === 'apply')
        planned.push({ kind: 'delete', key: this.#keyOf(mutation.key), writeTimestamp });
      return;
    }
    if (!rows) {
      planned.push({ kind: 'upsert', row: this.#row(mutation.row), writeTimestamp });
      return;
    }
    // One microsecond before its rows: it takes the rows of every older version with it, and none of this one's.
    if (writeTimestamp > earliestWriteTimestamp)
      planned.push({ kind: 'delete', key: this.#keyOf(mutation.row), writeTimestamp: writeTimestamp - 1 });
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

  #sourceOf(column: string): ColumnSource<Message> {
    return this.#target.columns?.[column] ?? (column as keyof Message & string);
  }

  /** The leading columns of the primary key for which the message, or the key of a tombstone, has a value. */
  #keyOf(message: Partial<Message>): Row {
    const key: Row = {};
    for (const column of this.#key) {
      const source = this.#sourceOf(column);
      const value = typeof source === 'function' ? source(message as Message) : message[source];
      if (value === undefined || value === null) break;
      key[column] = value;
    }
    return key;
  }
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
