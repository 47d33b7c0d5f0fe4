import type { Logger } from '@sluice/telemetry';
import { asFailure, RecordHeld } from './errors.ts';

/** A difference that is not the network's, ms. */
const toleratedMs = 5_000;
const intervalMs = 3_600_000;

/**
 * Compares this machine's clock with that of the servers that keep the rows. A clock that is behind makes good records look as if
 * they were from the future.
 */
export class ClockGuard {
  readonly #aheadMs: () => Promise<number>;
  readonly #logger: Logger;

  /** @param aheadMs see `PipelineOptions.clockAheadMs` */
  constructor(aheadMs: () => Promise<number>, logger: Logger) {
    this.#aheadMs = aheadMs;
    this.#logger = logger;
  }

  /** Compares now and every hour, and warns of a difference. Returns what ends that. */
  watch(): () => void {
    const compare = () => void this.#compare();
    compare();
    const timer = setInterval(compare, intervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }

  /** Why records that look as if they were from the future wait; undefined where this clock is right. */
  async reasonToWait(): Promise<RecordHeld | undefined> {
    try {
      const aheadMs = await this.#aheadMs();
      if (aheadMs <= toleratedMs) return undefined;
      return new RecordHeld('clock-behind', `${sayBehind(aheadMs)}; most records look as if from the future`);
    } catch (error) {
      const { message } = asFailure(error);
      return new RecordHeld('clock-unknown', `this machine's clock cannot be compared: ${message}`, {
        cause: error,
      });
    }
  }

  async #compare(): Promise<void> {
    try {
      const aheadMs = await this.#aheadMs();
      if (aheadMs > toleratedMs) this.#logger.warn({ aheadMs }, sayBehind(aheadMs));
      else if (aheadMs < -toleratedMs)
        this.#logger.warn(
          { aheadMs },
          `this machine's clock is ${inSeconds(-aheadMs)} ahead of the servers'`,
        );
    } catch (error) {
      const { code, message } = asFailure(error);
      this.#logger.warn(
        { code, reason: message },
        "this machine's clock cannot be compared; trying in an hour",
      );
    }
  }
}

function sayBehind(ms: number): string {
  return `this machine's clock is ${inSeconds(ms)} behind the servers'; set it right`;
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
