export { cassandraSink, type ColumnSource, type TableTarget } from './cassandra-sink.ts';
export { PipelineError, RecordRefusal } from './errors.ts';
export type {
  Decoded,
  PipelineHealth,
  PipelineOptions,
  PipelineSummary,
  RecordDecoder,
  Refusal,
  Version,
} from './options.ts';
export { StreamPipeline } from './pipeline.ts';
export { recordDecoder, type RecordDecoderOptions, type RecordOrigin } from './record-decoder.ts';
export type { Mutation, MutationOutcome, Sink, SinkFailure } from './sink.ts';
