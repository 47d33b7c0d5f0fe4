export {
  BatchConsumer,
  type Assignment,
  type ConsumerHandler,
  type OffsetToCommit,
  type Suspension,
} from './batch-consumer.ts';
export {
  type ByPartition,
  type ClusterDescription,
  ClusterInspector,
  type GroupDescription,
  type GroupOffset,
  type TopicDescription,
  type TopicSetting,
} from './cluster-inspector.ts';
export {
  DeadLetterQueue,
  deadLetterHeaders,
  LettersRefusedError,
  type DeadLetter,
  type DeadLetterStage,
} from './dead-letter-queue.ts';
export { RecordsRefusedError, RecordsUndeliveredError, type RefusedRecord } from './delivery-errors.ts';
export { KafkaError, type KafkaErrorCode } from './errors.ts';
export { HybridClock } from './hybrid-clock.ts';
export {
  KafkaAdmin,
  type AclBinding,
  type CommittedOffset,
  type NeededRight,
  type OffsetAtTime,
  type PartitionLag,
  type PartitionReplicas,
  type TopicToCreate,
} from './kafka-admin.ts';
export { KafkaClient } from './kafka-client.ts';
export type {
  ClientLogger,
  Compression,
  ConsumerOptions,
  KafkaOptions,
  OutOfRangePolicy,
  ProducerOptions,
  ReadOptions,
  PasswordOptions,
  SaslOptions,
  SendOptions,
  TlsOptions,
  WriteTimestampSource,
} from './options.ts';
export { RecordProducer } from './record-producer.ts';
export {
  lastHeader,
  type ConsumedRecord,
  type ProducerRecord,
  type RecordBatch,
  type RecordHeader,
  type RecordHeaders,
} from './record.ts';
export { isOriginalOf, shortenedHeaders } from './shortened-letter.ts';
export { sluiceHeaders } from './sluice-headers.ts';
export type { PartitionOffsets } from './topic-offsets.ts';
export { rangeHeaders, type Unreadable } from './unreadable.ts';
