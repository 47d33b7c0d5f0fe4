export { isAllowedHost } from './allowed-hosts.ts';
export { TelemetryError } from './errors.ts';
export type { TelemetryErrorCode } from './errors.ts';
export { startHealthServer } from './health-server.ts';
export type { HealthServer } from './health-server.ts';
export { Histogram, quantile } from './histogram.ts';
export type { HistogramOptions, HistogramReading } from './histogram.ts';
export { createLogger } from './logger.ts';
export type { LogFields, Logger } from './logger.ts';
export { mergeMetrics, Metrics } from './metrics.ts';
export type { Counter, Gauge, GaugeOptions, Labels, MetricOptions, MetricsSnapshot } from './metrics.ts';
export { redactUrls } from './redaction.ts';
export type { HealthServerOptions, LoggerOptions, LogLevel, ProgramInfo, Readiness } from './options.ts';
export { createPipelineMetrics, createSourceMetrics } from './pipeline-metrics.ts';
export type {
  PipelineMetrics,
  PipelineMetricsOptions,
  RecordResult,
  SourceMetrics,
  SourceRecordResult,
} from './pipeline-metrics.ts';
export { printable } from './printable.ts';
