import type { Logger, PipelineMetrics } from '@sluice/telemetry';
import { Backoff } from './backoff.ts';
import type { PauseBoard } from './pause-board.ts';

/** Why an attempt failed. The message holds no value of a record. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface OutageOptions {
  readonly metrics: PipelineMetrics;
  readonly logger: Logger;
  readonly pauses: PauseBoard;
}

/**
 * One piece of work that cannot be done at present: waits between its attempts, and holds the reason in metric, readiness
 * and log from the first failure until it is over.
 */
export class Outage {
  readonly #target: string;
  readonly #options: OutageOptions;
  readonly #backoff = new Backoff();
  #reason: string | undefined;

  constructor(target: string, options: OutageOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** Whether a reason holds: from the first failure until it is over. */
  get isKnown(): boolean {
    return this.#reason !== undefined;
  }

  /** Waits before the next attempt. @throws AbandonedError when `signal` aborts */
  async wait(failure: Failure, signal: AbortSignal): Promise<void> {
    this.note(failure);
    await this.#backoff.wait(signal);
  }

  /** Takes note of a failed attempt that whoever made it repeats by itself. */
  note({ code, message }: Failure): void {
    const { metrics, logger, pauses } = this.#options;
    const reason = `${this.#target}:${code}`;
    metrics.retriesTotal.inc({ target: this.#target, code });
    if (reason === this.#reason) return;
    this.over();
    this.#reason = reason;
    if (pauses.begin(reason))
      logger.warn({ target: this.#target, code, reason: message }, 'paused, trying until it works');
  }

  over(): void {
    if (this.#reason === undefined) return;
    if (this.#options.pauses.end(this.#reason))
      this.#options.logger.info({ reason: this.#reason }, 'no longer paused');
    this.#reason = undefined;
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
