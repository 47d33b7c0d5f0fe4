import { checkTable } from './check-table.ts';
import type { ColumnConversion } from './column-conversion.ts';
import { WriteError } from './errors.ts';
import { type CassandraSession, driverClient } from './session.ts';
import type { TableDefinition } from './table-definition.ts';
import { sortError } from './write-errors.ts';

/** What a look at the live table has shown. */
export interface Finding {
  /** Why no row can be written; undefined where the table is not to blame. */
  readonly blame?: WriteError;
  /** As the table is now. */
  readonly conversions: readonly ColumnConversion[];
}

/** Decides whether the table, rather than a row, is why the server refuses a write. */
export class TableGuard {
  readonly #session: CassandraSession;
  readonly #definition: TableDefinition;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Finding> | undefined;

  constructor(session: CassandraSession, definition: TableDefinition) {
    this.#session = session;
    this.#definition = definition;
  }

  /**
   * Blames the table where rows cannot be written to it. The check begins after the call: one that was under way
   * may have looked before the table changed, and would blame the row. All who call meanwhile share the next one.
   */
  look(): Promise<Finding> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const check = this.#check();
      this.#running = check;
      return check;
    });
    return this.#next;
  }

  async #check(): Promise<Finding> {
    const { keyspace, table } = this.#definition;
    try {
      const { problems, conversions } = await checkTable(this.#session, this.#definition);
      if (problems.length > 0) {
        return blaming('bad-table', 'blocked', problems.map(({ message }) => message).join('; '));
      }
      if (await schemaAgreement(this.#session)) return { conversions };
      // The node that refused may know another schema than the one that was asked.
      return blaming('schema-disagreement', 'retry', 'the nodes do not agree on the schema (yet)');
    } catch (error) {
      const { code, verdict, detail } = sortError(error);
      const kind = verdict === 'retry' ? 'retry' : 'blocked';
      return blaming(code, kind, `cannot check ${keyspace}.${table}: ${detail}`, error);
    }
  }
}

function blaming(...error: ConstructorParameters<typeof WriteError>): Finding {
  return { blame: new WriteError(...error), conversions: [] };
}

function schemaAgreement(session: CassandraSession): Promise<boolean> {
  const metadata = driverClient(session).metadata as unknown as { checkSchemaAgreement(): Promise<boolean> };
  return metadata.checkSchemaAgreement();
}
