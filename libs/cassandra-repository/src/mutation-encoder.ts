import { mutationBytes } from './batch-limits.ts';
import { BoundValues, valuesOf } from './bound-values.ts';
import { type ColumnConversion, convertingEncoder } from './column-conversion.ts';
import { type BindValue, binderFor, type EncodeValue } from './cql-values.ts';
import { CassandraError, WriteError } from './errors.ts';
import { earliestWriteTimestamp, type Mutation } from './mutation.ts';
import { partitionKeyBytes } from './replica-groups.ts';
import { deleteRows, insertRow } from './statements.ts';
import { encoderOf, keyColumns, type TableDefinition } from './table-definition.ts';

/** A mutation as it is bound: a prepared statement, and its values as {@link BoundValues} has them. */
export interface EncodedMutation {
  readonly query: string;
  readonly values: Buffer;
  /** How many values. */
  readonly count: number;
  /** Towards the limits of a batch. */
  readonly bytes: number;
}

/** How rows are written, by the options of a `TableWriter`. */
export interface EncodingOptions {
  readonly ttlSeconds?: number | undefined;
  readonly nulls?: 'write' | 'keep' | undefined;
  /** Columns that the table has with other types. */
  readonly conversions?: readonly ColumnConversion[];
}

const mustNotBeNull = 'is in the primary key and must not be null';
/** Cassandra's own limit, 20 years. */
const maxTtlSeconds = 630_720_000;
/** Of the length before each value. */
const lengthBytes = 4;

interface Column {
  readonly name: string;
  readonly cqlType: string;
  readonly inKey: boolean;
  readonly encode: EncodeValue;
  readonly bind: BindValue;
}

/** Encodes the mutations of one table. */
export class MutationEncoder {
  readonly #table: string;
  readonly #columns: readonly Column[];
  readonly #names: ReadonlySet<string>;
  readonly #keyColumns: readonly Column[];
  readonly #insert: string;
  /** By the number of key columns given, from the partition key to all. */
  readonly #deletes: ReadonlyMap<number, string>;
  /** Whether a column without a value keeps the one it has. */
  readonly #keepNulls: boolean;
  /** Where the partition key is among the values of an insert. */
  readonly #partitionKeyAt: readonly number[];
  readonly #partitionKeyLength: number;
  readonly #values = new BoundValues();

  /** @throws {CassandraError} `bad-definition` */
  constructor(
    definition: TableDefinition,
    { ttlSeconds, nulls = 'write', conversions = [] }: EncodingOptions = {},
  ) {
    this.#table = `${definition.keyspace}.${definition.table}`;
    if (
      ttlSeconds !== undefined &&
      !(Number.isInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= maxTtlSeconds)
    ) {
      throw this.#badDefinition(`the TTL of ${this.#table} must be 1 to ${maxTtlSeconds} s`);
    }
    const key = keyColumns(definition);
    this.#columns = definition.columns.map((column) => {
      const { name, cqlType } = column;
      const conversion = conversions.find((candidate) => candidate.column === name);
      const encode = (conversion && convertingEncoder(conversion)) ?? encoderOf(definition, column);
      return {
        name,
        cqlType,
        inKey: key.includes(name),
        encode,
        bind: binderFor(cqlType, encode, conversion),
      };
    });
    this.#names = new Set(this.#columns.map(({ name }) => name));
    this.#keyColumns = key.map((name) => this.#column(name));
    this.#keepNulls = nulls === 'keep';
    this.#insert = insertRow(definition, ttlSeconds);
    const { partitionKey } = definition.primaryKey;
    const lengths = key.map((_, at) => at + 1).filter((length) => length >= partitionKey.length);
    this.#deletes = new Map(lengths.map((length) => [length, deleteRows(definition, key.slice(0, length))]));
    this.#partitionKeyAt = partitionKey.map((name) => this.#columns.indexOf(this.#column(name)));
    this.#partitionKeyLength = partitionKey.length;
  }

  /** @throws {WriteError} of kind `data` */
  encode(mutation: Mutation<object>): EncodedMutation {
    if (!Number.isSafeInteger(mutation.writeTimestamp))
      throw this.#bad('writeTimestamp', 'must be a safe integer');
    if (mutation.writeTimestamp < earliestWriteTimestamp)
      throw this.#bad(
        'writeTimestamp',
        'is too small: it has to be in microseconds since the epoch, not milliseconds',
      );
    return mutation.kind === 'upsert'
      ? this.#upsert(mutation.row as Record<string, unknown>, mutation.writeTimestamp)
      : this.#deletion(mutation.key as Record<string, unknown>, mutation.writeTimestamp);
  }

  /** The values of a key, in the order of the primary key. @throws {WriteError} of kind `data` */
  encodeKey(key: Record<string, unknown>): Buffer[] {
    this.#refuseUnknown(key);
    return this.#keyColumns.map((column) => this.#keyValue(column, key));
  }

  /** The partition key of an encoded mutation, as the partitioner hashes it. */
  partitionKey({ query, values }: EncodedMutation): Buffer {
    const all = valuesOf(values);
    const key =
      query === this.#insert
        ? this.#partitionKeyAt.map((at) => all[at])
        : all.slice(1, 1 + this.#partitionKeyLength);
    return partitionKeyBytes(key as Buffer[]);
  }

  #upsert(row: Record<string, unknown>, writeTimestamp: number): EncodedMutation {
    const columns = this.#columns;
    const values = this.#values;
    values.drop();
    let cells = columns.length - this.#keyColumns.length;
    let given = 0;
    for (const column of columns) {
      const value = row[column.name];
      if (value !== undefined) given++;
      if (value !== null && value !== undefined) this.#bind(column, value);
      else if (column.inKey) throw this.#bad(column.name, mustNotBeNull);
      else if (this.#keepNulls) {
        values.addUnset();
        cells--;
      } else values.addNull();
    }
    // counted first: names are looked up only where something is wrong
    if (Object.keys(row).length !== given) this.#refuseUnknown(row);
    const valueBytes = values.length - lengthBytes * columns.length;
    values.addLong(writeTimestamp);
    return this.#encoded(this.#insert, columns.length + 1, mutationBytes(valueBytes, cells));
  }

  #deletion(key: Record<string, unknown>, writeTimestamp: number): EncodedMutation {
    // a clustering column by another name would be left out, and more rows deleted
    this.#refuseUnknown(key);
    const columns = this.#prefix(key);
    const values = this.#values;
    values.drop();
    values.addLong(writeTimestamp);
    const before = values.length;
    for (const column of columns) {
      const value = key[column.name];
      if (value === null || value === undefined) throw this.#bad(column.name, mustNotBeNull);
      this.#bind(column, value);
    }
    const keyBytes = values.length - before - lengthBytes * columns.length;
    const query = this.#deletes.get(columns.length) ?? '';
    return this.#encoded(query, columns.length + 1, mutationBytes(keyBytes, 0));
  }

  #encoded(query: string, count: number, bytes: number): EncodedMutation {
    return { query, values: this.#values.take(), count, bytes };
  }

  #bind({ name, cqlType, bind }: Column, value: unknown): void {
    if (!bind(value, this.#values)) throw this.#misfit(name, cqlType);
  }

  /** A misspelled property would leave its column null. */
  #refuseUnknown(row: Record<string, unknown>): void {
    for (const name of Object.keys(row))
      if (row[name] !== undefined && !this.#names.has(name))
        throw new WriteError(
          'unknown-column',
          'data',
          `${this.#table}: the row has ${name}, which is no column`,
        );
  }

  /** The key columns up to the first clustering column that is left out, with none after it. */
  #prefix(key: Record<string, unknown>): readonly Column[] {
    const columns = this.#keyColumns;
    const end = columns.findIndex(
      ({ name }, at) => at >= this.#partitionKeyLength && !Object.hasOwn(key, name),
    );
    if (end < 0) return columns;
    const gap = columns.slice(end).find(({ name }) => Object.hasOwn(key, name));
    if (gap) throw this.#bad(gap.name, 'is in the key of a delete that leaves out a column before it');
    return columns.slice(0, end);
  }

  #keyValue({ name, cqlType, encode }: Column, key: Record<string, unknown>): Buffer {
    const value = key[name];
    if (value === null || value === undefined) throw this.#bad(name, mustNotBeNull);
    const bytes = encode(value);
    if (bytes === undefined) throw this.#misfit(name, cqlType);
    return bytes;
  }

  #misfit(column: string, cqlType: string): WriteError {
    return this.#bad(column, `does not fit the CQL type ${cqlType}`);
  }

  #bad(what: string, rule: string): WriteError {
    return new WriteError('unencodable-value', 'data', `${this.#table}: ${what} ${rule}`);
  }

  #column(name: string): Column {
    const column = this.#columns.find((candidate) => candidate.name === name);
    if (column) return column;
    throw this.#badDefinition(`the primary key of ${this.#table} names ${name}, which is no column of it`);
  }

  #badDefinition(message: string): CassandraError {
    return new CassandraError('bad-definition', message, { retryable: false });
  }
}
