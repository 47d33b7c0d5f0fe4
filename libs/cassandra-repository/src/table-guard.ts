import { checkTable } from './check-table.ts';
import { WriteError } from './errors.ts';
import { type CassandraSession, driverClient } from './session.ts';
import type { TableDefinition } from './table-definition.ts';
import { sortError } from './write-errors.ts';

/** Decides whether the table, rather than a row, is why the server refuses a write. */
export class TableGuard {
  readonly #session: CassandraSession;
  readonly #definition: TableDefinition;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<WriteError | undefined> | undefined;

  constructor(session: CassandraSession, definition: TableDefinition) {
    this.#session = session;
    this.#definition = definition;
  }

  /**
   * Undefined where the table is as defined, and so not to blame. The check begins after the call: one that
   * was under way may have looked before the table changed, and would blame the row. All who call meanwhile
   * share the next one.
   */
  blame(): Promise<WriteError | undefined> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const check = this.#check();
      this.#running = check;
      return check;
    });
    return this.#next;
  }

  async #check(): Promise<WriteError | undefined> {
    const { keyspace, table } = this.#definition;
    try {
      const { problems } = await checkTable(this.#session, this.#definition);
      if (problems.length > 0) {
        return new WriteError('bad-table', 'blocked', problems.map(({ message }) => message).join('; '));
      }
      if (await schemaAgreement(this.#session)) return undefined;
      // The node that refused may know another schema than the one that was asked.
      return new WriteError('schema-disagreement', 'retry', 'the nodes do not agree on the schema (yet)');
    } catch (error) {
      const { code, verdict, detail } = sortError(error);
      const kind = verdict === 'retry' ? 'retry' : 'blocked';
      return new WriteError(code, kind, `cannot check ${keyspace}.${table}: ${detail}`, error);
    }
  }
}

function schemaAgreement(session: CassandraSession): Promise<boolean> {
  const metadata = driverClient(session).metadata as unknown as { checkSchemaAgreement(): Promise<boolean> };
  return metadata.checkSchemaAgreement();
}
