export {
  BatchConsumer,
  type Assignment,
  type ConsumerHandler,
  type OffsetToCommit,
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
export { KafkaError, type KafkaErrorCode } from './errors.ts';
export { HybridClock } from './hybrid-clock.ts';
export {
  KafkaAdmin,
  type AclBinding,
  type CommittedOffset,
  type NeededRight,
  type OffsetAtTime,
  type PartitionLag,
  type PartitionOffsets,
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
  TlsOptions,
  WriteTimestampSource,
} from './options.ts';
export { RecordProducer, RecordsRefusedError } from './record-producer.ts';
export {
  lastHeader,
  type ConsumedRecord,
  type ProducerRecord,
  type RecordBatch,
  type RecordHeader,
  type RecordHeaders,
} from './record.ts';
export { sluiceHeaders } from './sluice-headers.ts';
