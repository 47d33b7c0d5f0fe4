import { dirname, sep } from 'node:path';
import type * as KafkaJs from 'kafkajs';
import { registerCodecs } from './compression.ts';
import { patchFetchedBatches } from './kafkajs-batches.ts';
import { loadModule, replaceModule } from './kafkajs-module.ts';
import { hashKeysQuickly, sendHeadersAsTheyAre } from './kafkajs-records.ts';

/**
 * kafkajs 2.2.4 is pinned and no longer changes; what it gets wrong is put right here, once, before its first use.
 * Each patch names the behaviour it replaces and has a test that fails without it.
 */

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

/** kafkajs with the patches in it. They leave its own interface as it is, for a program that also uses kafkajs itself. */
export function loadPatchedKafkaJs(): typeof KafkaJs {
  forgetLoaded();
  // These first, before anything else loads the files that they replace.
  replaceModule('kafkajs/src/producer/groupMessagesPerPartition.js', messagesPerPartition);
  sendHeadersAsTheyAre();
  hashKeysQuickly();
  patchFetchedBatches();
  stopIdleWakeUps();
  rejoinWhenOutOfRange();
  const kafkaJs = loadModule('kafkajs') as typeof KafkaJs;
  registerCodecs(kafkaJs);
  return kafkaJs;
}

/** A program that has loaded kafkajs already keeps what it has; the patched one is loaded anew. */
function forgetLoaded(): void {
  const folder = dirname(loadModule.resolve('kafkajs/package.json')) + sep;
  for (const file of Object.keys(loadModule.cache))
    if (file.startsWith(folder)) Reflect.deleteProperty(loadModule.cache, file);
}

/** kafkajs copies a partition's list for each message that it adds: the time grows with the square of a send. */
function messagesPerPartition({
  topic,
  partitionMetadata,
  messages,
  partitioner,
}: {
  topic: string;
  partitionMetadata: KafkaJs.PartitionMetadata[];
  messages: readonly KafkaJs.Message[];
  partitioner: ReturnType<KafkaJs.ICustomPartitioner>;
}): Record<number, KafkaJs.Message[]> {
  const grouped: Record<number, KafkaJs.Message[]> = {};
  if (partitionMetadata.length === 0) return grouped;
  for (const message of messages)
    (grouped[partitioner({ topic, partitionMetadata, message })] ??= []).push(message);
  return grouped;
}

/**
 * An idle connection reschedules its queue check with a delay that is already past: ~840 wake-ups a second, ~7% of a core
 * a connection, and TimeoutNegativeWarning on newer Nodes. There is nothing to check while nothing waits.
 */
function stopIdleWakeUps(): void {
  const { prototype } = loadModule('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/**
 * On OFFSET_OUT_OF_RANGE kafkajs commits -1 or -2 for the group before anyone is asked, which skips or repeats records.
 * Here the member joins again instead, and the assignment's own look-up of positions applies the policy.
 */
function rejoinWhenOutOfRange(): void {
  const { prototype } = loadModule('kafkajs/src/consumer/consumerGroup') as {
    prototype: { recoverFromOffsetOutOfRange(error: Error): Promise<void> };
  };
  prototype.recoverFromOffsetOutOfRange = (error) =>
    Promise.reject(
      Object.assign(new Error(error.message, { cause: error }), { type: 'REBALANCE_IN_PROGRESS' }),
    );
}
