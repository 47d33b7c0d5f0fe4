import type { BatchLimits } from './batch-limits.ts';

/** What planning has to know of a mutation. */
export interface Measured {
  /** As `mutationBytes` counts them. */
  readonly bytes: number;
  /** Equal for mutations whose rows live on the same replicas. */
  readonly replicas: number;
}

/**
 * Puts mutations into batches: only with others on the same replicas, in the order given, up to the limits.
 * One that exceeds the limits by itself goes alone.
 *
 * A batch of rows on the same replicas costs the coordinator one write to each of them; over others it would
 * only move the work of spreading them from the client to one node.
 */
export function planBatches<Item extends Measured>(items: readonly Item[], limits: BatchLimits): Item[][] {
  const batches: Item[][] = [];
  const open = new Map<number, { items: Item[]; bytes: number }>();
  for (const item of items) {
    if (item.bytes > limits.bytes) {
      batches.push([item]);
      continue;
    }
    const batch = open.get(item.replicas);
    if (batch && batch.items.length < limits.rows && batch.bytes + item.bytes <= limits.bytes) {
      batch.items.push(item);
      batch.bytes += item.bytes;
    } else {
      const started = { items: [item], bytes: item.bytes };
      open.set(item.replicas, started);
      batches.push(started.items);
    }
  }
  return batches;
}
