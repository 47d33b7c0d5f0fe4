import { CassandraError } from './errors.ts';
import type { CassandraSession } from './session.ts';

/** @throws {CassandraError} `unsupported-partitioner` on a cluster without Murmur3, Cassandra's default */
export async function requireMurmur3(session: CassandraSession, purpose: string): Promise<void> {
  const { rows } = await session.query('SELECT partitioner FROM system.local');
  const partitioner = String(rows[0]?.partitioner);
  if (partitioner.endsWith('Murmur3Partitioner')) return;
  const message = `cannot ${purpose} on a cluster with ${partitioner}: only Murmur3Partitioner is known here`;
  throw new CassandraError('unsupported-partitioner', message, { retryable: false });
}
