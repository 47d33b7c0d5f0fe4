import { readBatchLimits } from './batch-limits.ts';
import type { Mutation } from './mutation.ts';
import { type EncodedMutation, MutationEncoder } from './mutation-encoder.ts';
import { type CassandraSession, driverClient } from './session.ts';
import type { TableDefinition } from './table-definition.ts';
import { planBatches } from './write-plan.ts';

export type PreparedBatch = readonly EncodedMutation[];

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
  return planBatches(
    mutations.map((mutation) => Object.assign(encoder.encode(mutation), { replicas: 0 })),
    limits,
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
      await client.batch(batch as EncodedMutation[], { prepare: true, logged: false });
  };
  await Promise.all(Array.from({ length: concurrency }, send));
}
