export { audit } from './audit/audit.ts';
export {
  type AuditOptions,
  type AuditProgress,
  type AuditReport,
  type DamageKind,
  damageKinds,
  type Finding,
  type RepairReport,
} from './audit/options.ts';
export { cassandraSink, type ColumnSource, type PreparedWrite, type TableTarget } from './cassandra-sink.ts';
export { PipelineError, RecordHeld, RecordRefusal } from './errors.ts';
export type {
  Decoded,
  Degradation,
  PipelineHealth,
  PipelineOptions,
  PipelineSummary,
  RunOptions,
  RecordDecoder,
  Refusal,
  Version,
} from './options.ts';
export { StreamPipeline } from './pipeline.ts';
export { recordDecoder, type RecordDecoderOptions, type RecordOrigin } from './record-decoder.ts';
export type {
  LetterFilter,
  LetterGroup,
  LetterList,
  RedriveOptions,
  RedriveProgressReport,
  RedriveRun,
  RedriveSummary,
  SkipReason,
} from './redrive/options.ts';
export { Redrive } from './redrive/redrive.ts';
export { ownTopicId } from './letter-source.ts';
export type { Mutation, MutationOutcome, Sink, SinkFailure } from './sink.ts';
export { type SchemaSource } from './writer-schemas.ts';
