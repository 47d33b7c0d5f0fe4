import { types } from 'cassandra-driver';
import { mutationBytes } from './batch-limits.ts';
import { type ColumnConversion, convertingEncoder } from './column-conversion.ts';
import { encodeSafeInteger, type EncodeValue, encoderFor } from './cql-values.ts';
import { CassandraError, WriteError } from './errors.ts';
import type { Mutation } from './mutation.ts';
import { partitionKeyBytes } from './replica-groups.ts';
import { deleteRows, insertRow } from './statements.ts';
import { keyColumns, type TableDefinition } from './table-definition.ts';

/** What the driver binds for "leave the cell of this column as it is" (native protocol v4, section 3). */
interface Unset {
  readonly unset: true;
}

type BoundValue = Buffer | null | Unset;

/** A mutation as it is bound: a statement, and its parameters as bytes. */
export interface EncodedMutation {
  readonly query: string;
  readonly params: BoundValue[];
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

interface Column {
  readonly name: string;
  readonly cqlType: string;
  readonly inKey: boolean;
  readonly encode: EncodeValue;
}

/** Encodes the mutations of one table. */
export class MutationEncoder {
  readonly #table: string;
  readonly #columns: readonly Column[];
  readonly #keyColumns: readonly Column[];
  readonly #insert: string;
  /** By the number of key columns given, from the partition key to all. */
  readonly #deletes: ReadonlyMap<number, string>;
  /** What is bound for a column without a value. */
  readonly #nothing: BoundValue;
  /** Where the partition key is among the parameters of an insert. */
  readonly #partitionKeyAt: readonly number[];
  readonly #partitionKeyLength: number;

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
    this.#columns = definition.columns.map(({ name, cqlType }) => ({
      name,
      cqlType,
      inKey: key.includes(name),
      encode: this.#encoder(
        name,
        cqlType,
        conversions.find(({ column }) => column === name),
      ),
    }));
    this.#keyColumns = key.map((name) => this.#column(name));
    this.#nothing = nulls === 'keep' ? (types.unset as Unset) : null;
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
      throw this.#bad('the write timestamp', 'must be a safe integer');
    return mutation.kind === 'upsert'
      ? this.#upsert(mutation.row as Record<string, unknown>, mutation.writeTimestamp)
      : this.#deletion(mutation.key as Record<string, unknown>, mutation.writeTimestamp);
  }

  /** The values of a key, in the order of the primary key. @throws {WriteError} of kind `data` */
  encodeKey(key: Record<string, unknown>): Buffer[] {
    return this.#keyColumns.map((column) => this.#keyValue(column, key));
  }

  /** The partition key of an encoded mutation, as the partitioner hashes it. */
  partitionKey({ query, params }: EncodedMutation): Buffer {
    const values =
      query === this.#insert
        ? this.#partitionKeyAt.map((at) => params[at])
        : params.slice(1, 1 + this.#partitionKeyLength);
    return partitionKeyBytes(values as Buffer[]);
  }

  #upsert(row: Record<string, unknown>, writeTimestamp: number): EncodedMutation {
    const columns = this.#columns;
    const nothing = this.#nothing;
    const params = new Array<BoundValue>(columns.length + 1);
    let valueBytes = 0;
    let cells = columns.length - this.#keyColumns.length;
    let at = 0;
    for (const column of columns) {
      const value = this.#value(column, row[column.name]);
      if (value !== null) valueBytes += value.length;
      else if (nothing !== null) cells--;
      params[at++] = value ?? nothing;
    }
    params[at] = encodeSafeInteger(writeTimestamp);
    return { query: this.#insert, params, bytes: mutationBytes(valueBytes, cells) };
  }

  #deletion(key: Record<string, unknown>, writeTimestamp: number): EncodedMutation {
    const values: Buffer[] = [];
    for (const column of this.#prefix(key)) values.push(this.#keyValue(column, key));
    const valueBytes = values.reduce((sum, value) => sum + value.length, 0);
    const query = this.#deletes.get(values.length) ?? '';
    return {
      query,
      params: [encodeSafeInteger(writeTimestamp), ...values],
      bytes: mutationBytes(valueBytes, 0),
    };
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

  #keyValue(column: Column, key: Record<string, unknown>): Buffer {
    const value = this.#value(column, key[column.name]);
    if (value === null) throw this.#bad(column.name, mustNotBeNull);
    return value;
  }

  #value(column: Column, value: unknown): Buffer | null {
    if (value === null || value === undefined) {
      if (column.inKey) throw this.#bad(column.name, mustNotBeNull);
      return null;
    }
    const bytes = column.encode(value);
    if (bytes === undefined) throw this.#bad(column.name, `does not fit the CQL type ${column.cqlType}`);
    return bytes;
  }

  #bad(what: string, rule: string): WriteError {
    return new WriteError('unencodable-value', 'data', `${this.#table}: ${what} ${rule}`);
  }

  #encoder(column: string, cqlType: string, conversion?: ColumnConversion): EncodeValue {
    const encode = conversion ? convertingEncoder(conversion) : encoderFor(cqlType);
    if (encode) return encode;
    throw this.#badDefinition(
      `column ${column} of ${this.#table} has the CQL type ${cqlType}, which cannot be written here`,
    );
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
