import type { Host } from 'cassandra-driver';
import { compareTable, type TableProblem } from './check-table.ts';
import type { ColumnConversion } from './column-conversion.ts';
import { CassandraError } from './errors.ts';
import { readLiveTable, readReplication } from './live-table.ts';
import type { Logger } from './options.ts';
import { type CassandraSession, driverClient } from './session.ts';
import { addColumn, createKeyspace, createTable } from './statements.ts';
import { encoderOf, type TableDefinition } from './table-definition.ts';
import { wrapError } from './write-errors.ts';

export interface MigrateOptions {
  /** Copies of each row in the local data center, for a keyspace that is created. Default min(3, nodes). */
  readonly replication?: number;
  /**
   * How long a record may stay in the topic, ms; Infinity for topics that keep everything. With it, a table is
   * refused that forgets deletes sooner than 3 days after the last record that could undo them: an old insert
   * that is read again would bring the row back. Default: not checked.
   */
  readonly retentionMs?: number;
  /** Accept such a table, and say so as a difference. Default false. */
  readonly allowShortGcGrace?: boolean;
  /** Only report what would be done. Default false. */
  readonly dryRun?: boolean;
  /** Told of each statement before it runs, and of what stays different. */
  readonly logger?: Logger;
}

export interface MigrationReport {
  /** The CQL that was run, or would be, in order. Empty: nothing was missing. */
  readonly statements: readonly string[];
  /** What is not as defined and stays so: it is for a person to change. */
  readonly differences: readonly Difference[];
  /** Columns that were there with another type that keeps every value: rows are converted for them. */
  readonly conversions: readonly TableConversion[];
}

export interface TableConversion extends ColumnConversion {
  readonly keyspace: string;
  readonly table: string;
}

export interface Difference {
  readonly kind: 'column-type' | 'primary-key' | 'replication' | 'gc-grace';
  /** What was found and what was wanted, in a sentence that names keyspace, table and column. */
  readonly message: string;
  readonly column?: string;
}

const daySeconds = 86_400;
const defaultGcGraceSeconds = 10 * daySeconds;
const marginSeconds = 3 * daySeconds;
const maxGcGraceSeconds = 2 ** 31 - 1;
/** Schema changes wait for every node; on a busy machine that takes longer than a read. */
const ddlTimeoutMs = 60_000;

/**
 * Creates what is missing: keyspaces, tables and columns. Never drops anything, and alters nothing but by adding
 * columns. Running it again, or twice at once, changes nothing further.
 *
 * @throws {CassandraError} before anything is changed `bad-definition`, where a column has a type that cannot be written, and
 *   `gc-grace-too-short`; `schema-disagreement` where the nodes
 *   do not agree within 30 s; others as the cluster answers
 */
export async function migrate(
  session: CassandraSession,
  tables: readonly TableDefinition[],
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  for (const table of tables) for (const column of table.columns) encoderOf(table, column);
  const migration = new Migration(session, options);
  for (const table of tables) await migration.checkGcGrace(table);
  for (const keyspace of new Set(tables.map((table) => table.keyspace))) await migration.keyspace(keyspace);
  for (const table of tables) await migration.table(table);
  return migration;
}

class Migration implements MigrationReport {
  readonly statements: string[] = [];
  readonly differences: Difference[] = [];
  readonly conversions: TableConversion[] = [];
  readonly #session: CassandraSession;
  readonly #options: MigrateOptions;
  readonly #neededGcGrace: number;

  constructor(session: CassandraSession, options: MigrateOptions) {
    this.#session = session;
    this.#options = options;
    const { retentionMs } = options;
    this.#neededGcGrace = retentionMs === undefined ? 0 : Math.ceil(retentionMs / 1000) + marginSeconds;
  }

  async checkGcGrace({ keyspace, table }: TableDefinition): Promise<void> {
    const live = await readLiveTable(this.#session, keyspace, table);
    const found = live?.gcGraceSeconds ?? Math.min(this.#createdGcGrace(), maxGcGraceSeconds);
    if (found >= this.#neededGcGrace) return;
    const message =
      `${keyspace}.${table} forgets deletes after ${found} s (gc_grace_seconds), ` +
      `but the topic may bring old records back for ${this.#neededGcGrace} s (retention + 3 days): ` +
      'raise the one or lower the other';
    if (!this.#options.allowShortGcGrace) {
      throw new CassandraError('gc-grace-too-short', message, { retryable: false });
    }
    this.#differs({ kind: 'gc-grace', message });
  }

  async keyspace(keyspace: string): Promise<void> {
    const { localDataCenter } = this.#session;
    const wanted = this.#options.replication ?? Math.min(3, this.#localNodes().length);
    const found = await readReplication(this.#session, keyspace);
    if (!found) {
      await this.#run(createKeyspace(keyspace, localDataCenter, wanted));
      return;
    }
    // SimpleStrategy has one factor for all data centers.
    const replicas = found[localDataCenter] ?? found.replication_factor ?? '0';
    if (Number(replicas) !== wanted) {
      const message = `keyspace ${keyspace} keeps ${replicas} copies in ${localDataCenter}, not ${wanted}`;
      this.#differs({ kind: 'replication', message });
    }
  }

  async table(definition: TableDefinition): Promise<void> {
    const live = await readLiveTable(this.#session, definition.keyspace, definition.table);
    if (!live) {
      await this.#run(createTable(definition, Math.min(this.#createdGcGrace(), maxGcGraceSeconds)));
      return;
    }
    const { problems, conversions } = compareTable(definition, live);
    for (const problem of problems) await this.#mend(definition, problem);
    for (const conversion of conversions) this.#converts(definition, conversion);
  }

  #converts({ keyspace, table }: TableDefinition, conversion: ColumnConversion): void {
    this.conversions.push({ keyspace, table, ...conversion });
    const { column, defined, found } = conversion;
    const message = `column ${column} of ${keyspace}.${table} is ${found}: each ${defined} is written as ${found}`;
    this.#options.logger?.info({ column, defined, found }, message);
  }

  #differs(difference: Difference): void {
    this.differences.push(difference);
    this.#options.logger?.warn({ kind: difference.kind }, difference.message);
  }

  async #mend(definition: TableDefinition, { kind, message, column }: TableProblem): Promise<void> {
    const inKey = definition.primaryKey.partitionKey.concat(definition.primaryKey.clusteringKey);
    if (kind === 'missing-column' && column !== undefined && !inKey.includes(column)) {
      await this.#addColumn(definition, column);
    } else if (kind === 'column-type' || kind === 'primary-key') {
      this.#differs({ kind, message, ...(column !== undefined && { column }) });
    }
  }

  async #addColumn(definition: TableDefinition, column: string): Promise<void> {
    try {
      await this.#run(addColumn(definition, column));
    } catch (error) {
      // ADD IF NOT EXISTS came with Cassandra 4.1. Another migrate may have been faster: look again.
      const live = await readLiveTable(this.#session, definition.keyspace, definition.table);
      if (!live?.columns.has(column)) throw error;
      this.statements.pop();
    }
  }

  /** What a new table gets: Cassandra's default, or more where the topic keeps records for longer. */
  #createdGcGrace(): number {
    return Math.max(defaultGcGraceSeconds, this.#neededGcGrace);
  }

  async #run(cql: string): Promise<void> {
    this.statements.push(cql);
    if (this.#options.dryRun) return;
    this.#options.logger?.info({ cql }, 'changing the schema');
    // All from one node: two migrates that create a table on two nodes at once can end with two table ids.
    const host = this.#localNodes()
      .filter((node) => node.isUp())
      .sort((one, other) => (one.address < other.address ? -1 : 1))[0];
    const result = await driverClient(this.#session)
      .execute(cql, [], { prepare: false, readTimeout: ddlTimeoutMs, ...(host && { host }) })
      .catch((error: unknown) => {
        throw wrapError(`cannot run "${cql}"`, error);
      });
    if ((result.info as { isSchemaInAgreement?: boolean }).isSchemaInAgreement === false) {
      const message = `the nodes do not agree on the schema 30 s after "${cql}": see nodetool describecluster`;
      throw new CassandraError('schema-disagreement', message, { retryable: true });
    }
  }

  #localNodes(): Host[] {
    const { hosts } = driverClient(this.#session);
    return hosts.values().filter(({ datacenter }) => datacenter === this.#session.localDataCenter);
  }
}
