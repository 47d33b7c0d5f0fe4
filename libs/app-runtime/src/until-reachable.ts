import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/telemetry';
import { StoppedWaitingError } from './errors.ts';

export interface Reach {
  /** The server and its address, for the message: `Kafka at 127.0.0.1:9092`. */
  readonly what: string;
  /** What to do when it does not answer. */
  readonly hint: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Time between two attempts, ms. Default 2,000. */
  readonly intervalMs?: number;
  /** Told of each attempt that failed and is repeated: for readiness and metrics. */
  readonly onFailure?: (error: Error) => void;
}

const sayAgainAfterMs = 60_000;

/**
 * Opens a connection, or makes one look-up, again and again while the server is away, and says so with its address and what
 * to do: at the first failure and once a minute. What opens only after `signal` has aborted is left to the end of the process.
 *
 * @throws StoppedWaitingError once `signal` aborts
 * @throws what `open` throws where waiting cannot fix it (its `retryable` is not true, or the server refused who asks)
 */
export async function untilReachable<T>(open: () => Promise<T>, reach: Reach): Promise<T> {
  const { what, hint, logger, signal, intervalMs = 2_000, onFailure } = reach;
  let saidAt = -Infinity;
  let last: Error | undefined;
  while (!signal.aborted) {
    try {
      const opened = await unlessAborted(open, signal);
      if (last) logger.info({}, `${what} answers`);
      return opened;
    } catch (error) {
      if (signal.aborted) break;
      if (!isRetryable(error)) throw error;
      last = error;
      onFailure?.(error);
    }
    if (performance.now() - saidAt > sayAgainAfterMs) {
      saidAt = performance.now();
      logger.warn({ reason: last.message }, `${what} cannot be reached, trying until it answers. ${hint}`);
    }
    // an abort ends the loop
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  throw new StoppedWaitingError(
    `stopped while waiting for ${what} (${last?.message ?? 'no answer yet'}). ${hint}`,
    { cause: last },
  );
}

/** An attempt against a host that swallows packets takes longer than a stop may. */
async function unlessAborted<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(new Error('aborted'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([open(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A server that refuses who asks is not away: waiting would hide that somebody has to act. */
const refusals: readonly unknown[] = ['authentication-failed', 'not-authorized', 'unauthorized'];

function isRetryable(error: unknown): error is Error {
  if (!(error instanceof Error) || !('retryable' in error) || error.retryable !== true) return false;
  return !('code' in error && refusals.includes(error.code));
}
