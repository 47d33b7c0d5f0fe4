import { type ColumnConversion, convertibleTypes } from './column-conversion.ts';
import { type LiveTable, readLiveTable, readReplication } from './live-table.ts';
import type { CassandraSession } from './session.ts';
import { keyColumns, type TableDefinition } from './table-definition.ts';

export type TableProblemKind =
  'missing-keyspace' | 'missing-table' | 'missing-column' | 'column-type' | 'primary-key';

/** One way in which a live table is not as defined. */
export interface TableProblem {
  readonly kind: TableProblemKind;
  /** What is wrong, in a sentence that names keyspace, table and column. */
  readonly message: string;
  readonly column?: string;
}

export interface TableCheck {
  /** Whether rows can be written. */
  readonly ok: boolean;
  readonly problems: readonly TableProblem[];
  /** Columns of other types than defined that rows are converted for. They are no problem. */
  readonly conversions: readonly ColumnConversion[];
}

/**
 * Compares a table with the live schema of the cluster, never with a cached one.
 * Columns that the definition does not have are no problem: writes leave them alone.
 *
 * @throws {CassandraError} where the schema cannot be read
 */
export async function checkTable(
  session: CassandraSession,
  definition: TableDefinition,
): Promise<TableCheck> {
  const { keyspace, table } = definition;
  const live = await readLiveTable(session, keyspace, table);
  if (live) return compareTable(definition, live);
  return { ok: false, problems: [await missing(session, keyspace, table)], conversions: [] };
}

/** What differs between a definition and the live table. */
export function compareTable(definition: TableDefinition, live: LiveTable): TableCheck {
  const name = `${definition.keyspace}.${definition.table}`;
  const problems: TableProblem[] = [];
  const conversions: ColumnConversion[] = [];
  const key = keyColumns(definition);
  for (const { name: column, cqlType } of definition.columns) {
    const found = live.columns.get(column);
    if (found === undefined) {
      const message = `column ${column} of ${name} is missing: run migrate`;
      problems.push({ kind: 'missing-column', column, message });
    } else if (found !== cqlType) {
      const inKey = key.includes(column);
      const convertible = convertibleTypes(cqlType, inKey);
      if (convertible.includes(found)) {
        conversions.push({ column, defined: cqlType, found });
      } else {
        const every = `every ${cqlType}${inKey ? ' in the primary key' : ''}`;
        const message =
          `column ${column} of ${name} is ${found}, which does not keep ${every}: ` +
          `use another table, or one where it is ${[cqlType, ...convertible].join(', ')}`;
        problems.push({ kind: 'column-type', column, message });
      }
    }
  }
  const wanted = keyText(definition.primaryKey);
  const found = keyText(live);
  if (wanted !== found) {
    const message = `the primary key of ${name} is ${found}, not ${wanted}: use another table`;
    problems.push({ kind: 'primary-key', message });
  }
  return { ok: problems.length === 0, problems, conversions };
}

async function missing(session: CassandraSession, keyspace: string, table: string): Promise<TableProblem> {
  return (await readReplication(session, keyspace))
    ? { kind: 'missing-table', message: `there is no table ${keyspace}.${table}: run migrate` }
    : { kind: 'missing-keyspace', message: `there is no keyspace ${keyspace}: run migrate` };
}

function keyText(key: { partitionKey: readonly string[]; clusteringKey: readonly string[] }): string {
  return `(${[`(${key.partitionKey.join(', ')})`, ...key.clusteringKey].join(', ')})`;
}
