import type { PipelineMetrics } from '@sluice/telemetry';
import type { PipelineHealth } from './options.ts';

/** Why records are not moving right now. A reason may hold several times at once, and counts until each is over. */
export class PauseBoard {
  readonly #paused: PipelineMetrics['paused'];
  readonly #holds = new Map<string, number>();

  constructor(paused: PipelineMetrics['paused']) {
    this.#paused = paused;
  }

  get health(): Pick<PipelineHealth, 'ready' | 'reasons'> {
    const reasons = [...this.#holds.keys()];
    return { ready: reasons.length === 0, reasons };
  }

  /** True when the reason is new: the moment to log it. */
  begin(reason: string): boolean {
    const holds = this.#holds.get(reason) ?? 0;
    this.#holds.set(reason, holds + 1);
    if (holds === 0) this.#paused.set({ reason }, 1);
    return holds === 0;
  }

  /** True when nothing holds for that reason any more. */
  end(reason: string): boolean {
    const holds = (this.#holds.get(reason) ?? 0) - 1;
    if (holds > 0) {
      this.#holds.set(reason, holds);
      return false;
    }
    this.#holds.delete(reason);
    this.#paused.set({ reason }, 0);
    return true;
  }
}
