import type { CassandraSession, TableDefinition } from '@sluice/cassandra-repository';
import type { User, UserPage } from './contract/users.ts';
import { userRowSchema } from '@sluice/user-schema';
import { mask } from './content-text.ts';

/** A row with the write timestamp of each cell, us. */
export interface UserRow {
  readonly uuid: string;
  readonly values: ReadonlyMap<string, unknown>;
  readonly writeTimes: ReadonlyMap<string, bigint>;
  /** The newest of the cells; null where none but the key has a value. */
  readonly newest: bigint | null;
}

interface Page {
  readonly rows: readonly UserRow[];
  /** Place on the ring after which the next page begins; null at the end. */
  readonly next: string | null;
}

const lowestToken = -(2n ** 63n);

/** Reads rows of the users' table by key and in the order of the ring, with their write timestamps. */
export class UserRows {
  readonly #session: CassandraSession;
  readonly #table: TableDefinition;
  readonly #columns: readonly string[];

  constructor(session: CassandraSession, table: TableDefinition) {
    this.#session = session;
    this.#table = table;
    this.#columns = table.columns.map(({ name }) => name).filter((name) => name !== 'uuid');
  }

  async find(uuid: string): Promise<UserRow | undefined> {
    const { rows } = await this.#session.query(`${this.#select} WHERE uuid = ?`, [uuid]);
    return rows[0] && this.#row(rows[0]);
  }

  /** @param after a page's `next`, undefined for the first */
  async page(limit: number, after: bigint = lowestToken): Promise<Page> {
    const { rows } = await this.#session.query(
      `${this.#select} WHERE token(uuid) > ? LIMIT ${Math.trunc(limit)}`,
      [after],
    );
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { rows: rows.map((row) => this.#row(row)), next: last ? String(last.ring) : null };
  }

  get #select(): string {
    const { keyspace, table } = this.#table;
    const cells = this.#columns.map((name, at) => `"${name}" AS c${at}, WRITETIME("${name}") AS w${at}`);
    return `SELECT uuid, token(uuid) AS ring, ${cells.join(', ')} FROM ${keyspace}.${table}`;
  }

  #row(found: Readonly<Record<string, unknown>>): UserRow {
    const values = new Map(this.#columns.map((name, at) => [name, found[`c${at}`]]));
    const writeTimes = new Map(
      this.#columns.flatMap((name, at): [string, bigint][] => {
        const time = found[`w${at}`];
        return time === null || time === undefined ? [] : [[name, BigInt(String(time))]];
      }),
    );
    const newest = [...writeTimes.values()].reduce<bigint | null>(
      (max, time) => (max === null || time > max ? time : max),
      null,
    );
    return { uuid: String(found.uuid), values, writeTimes, newest };
  }
}

/** Columns that the contract does not know are personal, too. */
const publicColumns: ReadonlySet<string> = new Set(
  userRowSchema.fields.filter(({ personal }) => personal === false).map(({ name }) => name),
);

/** Characters of a value in a list and of a row alone. */
const listedChars = 1_000;
const aloneChars = 64 * 1024;

interface ShownOptions {
  readonly reveal: boolean;
  /** Characters of a value, of which the rest is left out. Default 65,536. */
  readonly maxChars?: number;
  readonly topic: string;
}

/** A row as the page shows it: personal fields masked unless they are revealed. `source.available` is not looked up. */
export function shownUser(
  row: UserRow,
  { columns }: TableDefinition,
  { reveal, topic, maxChars = aloneChars }: ShownOptions,
): User {
  const partition = row.values.get('source_partition');
  const offset = row.values.get('source_offset');
  const eventTime = row.values.get('event_time');
  return {
    uuid: row.uuid,
    fields: columns
      .filter(({ name }) => name !== 'uuid')
      .map(({ name, cqlType }) => {
        const value = asText(row.values.get(name), cqlType);
        const masked = !reveal && value !== null && !publicColumns.has(name);
        const writeTime = row.writeTimes.get(name);
        return {
          name,
          type: cqlType,
          value: masked ? mask : value && shortened(value, maxChars),
          masked,
          writeTime: writeTime === undefined ? null : String(writeTime),
        };
      }),
    writeTime: row.newest === null ? null : String(row.newest),
    source:
      isThere(partition) && isThere(offset)
        ? {
            topic,
            partition: Number(partition),
            offset: String(offset),
            eventTime: isThere(eventTime) ? instantOf(eventTime) : null,
            available: true,
          }
        : null,
  };
}

export function shownPage(page: Page, table: TableDefinition, options: ShownOptions): UserPage {
  return {
    users: page.rows.map((row) => shownUser(row, table, { ...options, maxChars: listedChars })),
    next: page.next,
  };
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function shortened(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  // not in the middle of a character of two units
  return `${text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Tables of the original have text in every column. */
function instantOf(value: unknown): number | null {
  const ms = typeof value === 'number' ? value : Date.parse(String(value));
  return Number.isNaN(ms) ? null : ms;
}

function asText(value: unknown, cqlType: string): string | null {
  if (value === null || value === undefined) return null;
  // Cassandra keeps instants that no date of JavaScript can be
  if (cqlType === 'timestamp' && typeof value === 'number' && Math.abs(value) <= 8.64e15)
    return new Date(value).toISOString();
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
