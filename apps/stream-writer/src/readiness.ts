import type { PipelineHealth } from '@sluice/stream-pipeline';
import type { PipelineMetrics } from '@sluice/telemetry';

/** Whether records move, and if not why: a server is waited for at the start, or the pipeline is paused. */
export class Readiness {
  readonly #paused: PipelineMetrics['paused'];
  #reason = 'starting';
  #health: (() => PipelineHealth) | undefined;

  constructor({ paused }: PipelineMetrics) {
    this.#paused = paused;
  }

  get current(): PipelineHealth {
    return this.#health?.() ?? { ready: false, reasons: [this.#reason], degraded: [] };
  }

  waitFor(reason: string): void {
    if (reason === this.#reason) return;
    this.#paused.remove({ reason: this.#reason });
    this.#paused.set({ reason }, 1);
    this.#reason = reason;
  }

  follow(health: () => PipelineHealth): void {
    this.#paused.remove({ reason: this.#reason });
    this.#health = health;
  }
}
