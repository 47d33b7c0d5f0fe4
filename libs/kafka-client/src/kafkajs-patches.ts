import type * as KafkaJs from 'kafkajs';
import { registerCodecs } from './compression.ts';
import { boundAnswers } from './kafkajs-answers.ts';
import { patchFetchedBatches } from './kafkajs-batches.ts';
import { loadModule, replaceModule } from './kafkajs-module.ts';
import { hashKeysQuickly, sendHeadersAsTheyAre } from './kafkajs-records.ts';

/**
 * kafkajs 2.2.4 is pinned and no longer changes; what it gets wrong is fixed here, once, before its first use.
 * Each patch names the behaviour it replaces and has a test that fails without it.
 */

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

let patched: typeof KafkaJs | undefined;

/** This library's own kafkajs, with the patches in it; loaded with its first use. */
export function kafkaJs(): typeof KafkaJs {
  patched ??= loadPatched();
  return patched;
}

/** One file of it, as {@link kafkaJs} has it. */
export function loadPatchedModule(path: string): unknown {
  kafkaJs();
  return loadModule(path);
}

function loadPatched(): typeof KafkaJs {
  // These first, before anything else loads the files that they replace.
  replaceModule('kafkajs/src/producer/groupMessagesPerPartition.js', messagesPerPartition);
  sendHeadersAsTheyAre();
  hashKeysQuickly();
  patchFetchedBatches();
  boundAnswers();
  stopIdleWakeUps();
  leaveCreationErrorsToCallers();
  rejoinWhenOutOfRange();
  rejoinWhenTopicWasGone();
  const loaded = loadModule('kafkajs') as typeof KafkaJs;
  registerCodecs(loaded);
  return loaded;
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
 * kafkajs logs "Topic creation errors" before it reports that the topic exists, which is no error of a program that creates what
 * is missing. What is one rejects the call.
 */
function leaveCreationErrorsToCallers(): void {
  const createTopics = loadModule('kafkajs/src/protocol/requests/createTopics/index.js') as {
    protocol: (definition: unknown) => (topics: unknown) => object;
  };
  const { protocol } = createTopics;
  createTopics.protocol = (definition) => {
    const request = protocol(definition);
    return (topics) => ({ ...request(topics), logResponseError: false });
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

interface ConsumerGroup {
  readonly cluster: { refreshMetadata(): Promise<void> };
  fetch(nodeId: string): Promise<unknown[]>;
  recoverFromFetch(error: Error & { readonly type?: string }): Promise<void>;
  joinAndSync(): Promise<void>;
}

/**
 * A topic that is deleted and recreated between two attempts of a fetch is read on at the old position, where the new one has as many
 * records. Here the member joins again once the topic is there, and the assignment's own look-up of positions sees the new topic.
 */
function rejoinWhenTopicWasGone(): void {
  const { prototype } = loadModule('kafkajs/src/consumer/consumerGroup') as { prototype: ConsumerGroup };
  const { fetch, recoverFromFetch, joinAndSync } = prototype;
  const wasGone = new WeakSet<ConsumerGroup>();
  prototype.recoverFromFetch = function (this: ConsumerGroup, error) {
    if (error.type === 'UNKNOWN_TOPIC_OR_PARTITION') wasGone.add(this);
    return recoverFromFetch.call(this, error);
  };
  // for every broker that is fetched from, until the member has joined
  prototype.fetch = async function (this: ConsumerGroup, nodeId) {
    if (!wasGone.has(this)) return fetch.call(this, nodeId);
    await this.cluster.refreshMetadata();
    throw Object.assign(new Error('the topic was gone'), { type: 'REBALANCE_IN_PROGRESS' });
  };
  prototype.joinAndSync = async function (this: ConsumerGroup) {
    await joinAndSync.call(this);
    wasGone.delete(this);
  };
}
