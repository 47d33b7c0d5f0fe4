import { setTimeout as delay } from 'node:timers/promises';
import { fetchMetadata, isolation, listOffsets, type OffsetsRequest } from './cluster-requests.ts';
import { type KafkaError, toKafkaError } from './errors.ts';
import type { KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';
import { loadModule } from './kafkajs-module.ts';

export interface PartitionOffsets {
  readonly partition: number;
  /** First offset that is still in the topic. */
  readonly begin: number;
  /**
   * The last stable offset: a reader sees every record before it and none from it on, as with `isolation.level=read_committed`. What
   * follows belongs to open transactions or comes after their first record.
   */
  readonly end: number;
  /** Offset after the last record, those of open transactions included. Equal to `end` while no transaction is open. */
  readonly highWatermark: number;
}

const first = -2;
const last = -1;
/** Waits before the further attempts, ms: a new leader, or a new topic, is known to all brokers by then. */
const pausesMs = [100, 200, 400, 800];

/**
 * Where each partition of a topic begins and ends, in order of partitions (KIP-98: ListOffsets with an isolation level). kafkajs' admin
 * has no choice of the isolation level.
 *
 * @throws KafkaError where one of the partitions cannot be asked, even after a few attempts, or `isClosed` meanwhile
 */
export async function topicOffsets(
  cluster: KafkaJsCluster,
  topic: string,
  isClosed: () => boolean,
): Promise<readonly PartitionOffsets[]> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask(cluster, topic);
    } catch (error) {
      const reason = toKafkaError(error, `looking up the offsets of topic ${topic}`);
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined || !mayPass(reason)) throw reason;
      await delay(pauseMs);
      // another attempt would connect again, and nobody would close that
      if (isClosed()) throw reason;
      // a broker that has joined since is found only after this; where it fails the next attempt says why
      await cluster.refreshMetadata().catch(() => undefined);
    }
  }
}

/** What a permission or a password needs is a person. */
function mayPass({ code, retryable }: KafkaError): boolean {
  return retryable && code !== 'not-authorized' && code !== 'authentication-failed';
}

async function ask(cluster: KafkaJsCluster, topic: string): Promise<readonly PartitionOffsets[]> {
  await cluster.refreshMetadataIfNecessary();
  const { topics } = await fetchMetadata(cluster, [topic]);
  const byLeader = new Map<number, number[]>();
  for (const { error, partitions } of topics) {
    if (error !== 0) throw protocolError(error);
    for (const { partition, leader } of partitions) {
      if (leader < 0) throw protocolError(leaderNotAvailable);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    }
  }
  const found = await Promise.all(
    [...byLeader].map(async ([leader, partitions]) =>
      askLeader(await cluster.findBroker({ nodeId: String(leader) }), topic, partitions),
    ),
  );
  return found.flat().sort((a, b) => a.partition - b.partition);
}

async function askLeader(
  broker: KafkaJsBroker,
  topic: string,
  partitions: readonly number[],
): Promise<readonly PartitionOffsets[]> {
  const ask = (timestamp: number, isolationLevel: OffsetsRequest['isolation']) =>
    offsetsOf(broker, { timestamp, isolation: isolationLevel, topics: [{ topic, partitions }] });
  // answered in this order, on one connection: a high watermark is never older than the stable offset before it
  const [begins, ends, highs] = await Promise.all([
    ask(first, isolation.readCommitted),
    ask(last, isolation.readCommitted),
    ask(last, isolation.readUncommitted),
  ]);
  return partitions.map((partition) => {
    const [begin, end, high] = [begins, ends, highs].map((offsets) => offsets.get(partition));
    if (begin === undefined || end === undefined || high === undefined)
      throw protocolError(unknownTopicOrPartition);
    return { partition, begin, end, highWatermark: Math.max(end, high) };
  });
}

async function offsetsOf(
  broker: KafkaJsBroker,
  request: OffsetsRequest,
): Promise<ReadonlyMap<number, number>> {
  const answer = await listOffsets(broker, request);
  return new Map(
    answer
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, error, offset }) => {
        if (error !== 0) throw protocolError(error);
        return [partition, offset];
      }),
  );
}

const unknownTopicOrPartition = 3;
const leaderNotAvailable = 5;

function protocolError(code: number): Error {
  const { createErrorFromCode } = loadModule('kafkajs/src/protocol/error') as {
    createErrorFromCode(code: number): Error;
  };
  return createErrorFromCode(code);
}
