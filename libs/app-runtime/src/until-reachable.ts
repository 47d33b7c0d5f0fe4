import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/telemetry';

export interface Reach {
  /** The server and its address, for the message: `Kafka at 127.0.0.1:9092`. */
  readonly what: string;
  /** What to do when it does not answer. */
  readonly hint: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Time between two attempts, ms. Default 2,000. */
  readonly intervalMs?: number;
}

/**
 * Opens a connection, again and again while the server is away, and says so with its address and what to do: at the first
 * failure and once a minute.
 *
 * @throws what `open` throws where waiting cannot mend it (its `retryable` is not true), or once `signal` aborts
 */
export async function untilReachable<T>(open: () => Promise<T>, reach: Reach): Promise<T> {
  const { what, hint, logger, signal, intervalMs = 2_000 } = reach;
  let saidAt = -Infinity;
  for (;;) {
    try {
      const opened = await open();
      if (saidAt > 0) logger.info({}, `${what} answers`);
      return opened;
    } catch (error) {
      if (signal.aborted || !isRetryable(error)) throw error;
      if (performance.now() - saidAt > 60_000) {
        saidAt = performance.now();
        logger.warn(
          { reason: (error as Error).message },
          `${what} cannot be reached, trying until it answers. ${hint}`,
        );
      }
      await delay(intervalMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
