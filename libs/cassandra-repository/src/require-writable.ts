import type { CassandraSession } from './session.ts';
import { deleteNothing } from './statements.ts';
import type { TableDefinition } from './table-definition.ts';

/**
 * Looks whether the session's role may write to a table, without writing to it: better at the start than by a halt in the middle of the
 * work.
 *
 * @throws {CassandraError} `unauthorized` naming role, right and table; others as the cluster answers
 */
export async function requireWritable(session: CassandraSession, definition: TableDefinition): Promise<void> {
  await session.query(deleteNothing(definition));
}
