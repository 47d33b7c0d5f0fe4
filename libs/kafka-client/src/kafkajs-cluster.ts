import type { EachBatchPayload, Kafka, PartitionMetadata } from 'kafkajs';
import { loadPatchedModule } from './kafkajs-patches.ts';
import type { FetchedRecords } from './record-batches.ts';

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: FetchedRecords;
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[];
}

export interface KafkaJsBroker {
  fetch(request: {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly offset: string;
        readonly metadata: string;
      }[];
    }[];
  }): Promise<unknown>;
}

/** The layer of kafkajs under its consumer and admin: connections, and requests that these do not offer. */
export interface KafkaJsCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(of: { readonly nodeId: string }): Promise<KafkaJsBroker>;
  findGroupCoordinator(of: { readonly groupId: string }): Promise<KafkaJsBroker>;
}

/** A cluster with the settings of `kafka`, not connected yet. kafkajs keeps its maker behind a symbol. */
export function createCluster(kafka: Kafka): KafkaJsCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (!symbol) throw new Error('this kafkajs makes its clusters otherwise; 2.2.4 is what is expected');
  const create = (kafka as unknown as Record<symbol, (options: object) => KafkaJsCluster>)[symbol];
  if (!create) throw new Error('this kafkajs has no maker of clusters');
  return create({ metadataMaxAge: 60_000, allowAutoTopicCreation: false });
}

/** A batch as kafkajs' own consumer would deliver it: without control and aborted records. */
export function batchOf(
  topic: string,
  fetchOffset: number,
  fetched: FetchedPartition,
): EachBatchPayload['batch'] {
  const Batch = loadPatchedModule('kafkajs/src/consumer/batch') as new (
    topic: string,
    fetchedOffset: string,
    fetched: FetchedPartition,
  ) => EachBatchPayload['batch'];
  return new Batch(topic, String(fetchOffset), fetched);
}
