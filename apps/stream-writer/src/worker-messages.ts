import type { PipelineHealth, PipelineSummary } from '@sluice/stream-pipeline';
import type { MetricsSnapshot } from '@sluice/telemetry';

/** What the process that started workers says to one of them. */
export type ToWorker = { readonly kind: 'stop' } | { readonly kind: 'report'; readonly id: number };

/** What a worker answers, and what it says when it ends. */
export type FromWorker =
  | { readonly kind: 'reported'; readonly id: number; readonly report: WorkerReport }
  | { readonly kind: 'ended'; readonly summary: PipelineSummary; readonly metrics: MetricsSnapshot }
  | { readonly kind: 'failed'; readonly message: string };

export interface WorkerReport {
  readonly health: PipelineHealth;
  readonly metrics: MetricsSnapshot;
}
