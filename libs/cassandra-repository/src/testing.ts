import { readBatchLimits } from './batch-limits.ts';
import type { Mutation } from './mutation.ts';
import { driverParams } from './driver-batch.ts';
import { MutationEncoder } from './mutation-encoder.ts';
import { type CassandraSession, driverClient } from './session.ts';
import type { TableDefinition } from './table-definition.ts';
import { planBatches } from './write-plan.ts';

export type PreparedBatch = readonly { readonly query: string; readonly params: unknown[] }[];

/**
 * The batches in which a TableWriter sends these mutations to a cluster that has every row on every node, encoded and ready:
 * what is left is the driver's own work.
 */
export async function prepareBatches<Row extends object>(
  session: CassandraSession,
  definition: TableDefinition,
  mutations: readonly Mutation<Row>[],
): Promise<PreparedBatch[]> {
  const encoder = new MutationEncoder(definition);
  const limits = await readBatchLimits(session);
  const encoded = mutations.map((mutation) => Object.assign(encoder.encode(mutation), { replicas: 0 }));
  return planBatches(encoded, limits).map((batch) =>
    batch.map((mutation) => ({ query: mutation.query, params: driverParams(mutation) })),
  );
}

/** Sends prepared batches by the driver alone, `concurrency` at a time: the ceiling that a writer is measured against. */
export async function sendBatches(
  session: CassandraSession,
  batches: readonly PreparedBatch[],
  concurrency = 32,
): Promise<void> {
  const client = driverClient(session);
  let next = 0;
  const send = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++])
      await client.batch([...batch], { prepare: true, logged: false });
  };
  await Promise.all(Array.from({ length: concurrency }, send));
}
