import { mutationBytes } from './batch-limits.ts';
import { encodeSafeInteger, type EncodeValue, encoderFor } from './cql-values.ts';
import { CassandraError, WriteError } from './errors.ts';
import type { Mutation } from './mutation.ts';
import { partitionKeyBytes } from './replica-groups.ts';
import { deleteRow, insertRow } from './statements.ts';
import { keyColumns, type TableDefinition } from './table-definition.ts';

/** A mutation as it is bound: a statement, and its parameters as bytes. */
export interface EncodedMutation {
  readonly query: string;
  readonly params: (Buffer | null)[];
  readonly bytes: number;
}

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
  readonly #delete: string;
  /** Where the partition key is among the parameters of an insert. */
  readonly #partitionKeyAt: readonly number[];
  readonly #partitionKeyLength: number;

  constructor(definition: TableDefinition) {
    this.#table = `${definition.keyspace}.${definition.table}`;
    const key = keyColumns(definition);
    this.#columns = definition.columns.map(({ name, cqlType }) => ({
      name,
      cqlType,
      inKey: key.includes(name),
      encode: this.#encoder(name, cqlType),
    }));
    this.#keyColumns = key.map((name) => this.#column(name));
    this.#insert = insertRow(definition);
    this.#delete = deleteRow(definition);
    const { partitionKey } = definition.primaryKey;
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
  encodeKey(key: Record<string, unknown>): (Buffer | null)[] {
    return this.#keyColumns.map((column) => this.#value(column, key[column.name]));
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
    const params = new Array<Buffer | null>(columns.length + 1);
    let valueBytes = 0;
    let at = 0;
    for (const column of columns) {
      const value = this.#value(column, row[column.name]);
      if (value !== null) valueBytes += value.length;
      params[at++] = value;
    }
    params[at] = encodeSafeInteger(writeTimestamp);
    const cells = columns.length - this.#keyColumns.length;
    return { query: this.#insert, params, bytes: mutationBytes(valueBytes, cells) };
  }

  #deletion(key: Record<string, unknown>, writeTimestamp: number): EncodedMutation {
    const values = this.encodeKey(key);
    const valueBytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    const params = [encodeSafeInteger(writeTimestamp), ...values];
    return { query: this.#delete, params, bytes: mutationBytes(valueBytes, 0) };
  }

  #value(column: Column, value: unknown): Buffer | null {
    if (value === null || value === undefined) {
      if (column.inKey) throw this.#bad(column.name, 'is in the primary key and must not be null');
      return null;
    }
    const bytes = column.encode(value);
    if (bytes === undefined) throw this.#bad(column.name, `does not fit the CQL type ${column.cqlType}`);
    return bytes;
  }

  #bad(what: string, rule: string): WriteError {
    return new WriteError('unencodable-value', 'data', `${this.#table}: ${what} ${rule}`);
  }

  #encoder(column: string, cqlType: string): EncodeValue {
    const encode = encoderFor(cqlType);
    if (encode) return encode;
    const message = `column ${column} of ${this.#table} has the CQL type ${cqlType}, which cannot be written here`;
    throw new CassandraError('bad-definition', message, { retryable: false });
  }

  #column(name: string): Column {
    const column = this.#columns.find((candidate) => candidate.name === name);
    if (column) return column;
    const message = `the primary key of ${this.#table} names ${name}, which is no column of it`;
    throw new CassandraError('bad-definition', message, { retryable: false });
  }
}
