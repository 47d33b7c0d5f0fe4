import { RandomUserError } from './errors.ts';

/** A server that asks for more (or an absurd date) is asked again after this long. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/**
 * The wait after failed attempt number `attempt` (from 1). The jitter is half of the wait, and added to what the
 * server asks for, so that many clients do not come back at one moment.
 * @param random in [0, 1)
 */
export function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  random: number,
): number {
  const whole = Math.min(maxMs, minMs * 2 ** (attempt - 1));
  const jittered = whole * (0.5 + random / 2);
  return retryAfterMs === undefined ? jittered : Math.max(jittered, retryAfterMs + minMs * random);
}

/** Retry-After in seconds or as a date (RFC 9110, section 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** The error for a request that failed on the network; `status` is known when the answer had begun. */
export function describeFailure(error: unknown, where: string, status: number | undefined): RandomUserError {
  const { code } = error as { code?: unknown };
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new RandomUserError('client-closed', 'the client is closed: create another', { cause: error });
  }
  if (typeof code === 'string' && TIMEOUTS.has(code)) {
    return new RandomUserError('source-timeout', `${where} did not answer in time: ${reasonOf(error)}`, {
      cause: error,
      status,
    });
  }
  if (status === 200) {
    const message = `${where} answered 200 with a body that was cut short: ${reasonOf(error)}`;
    return new RandomUserError('source-bad-answer', message, { cause: error, status });
  }
  return new RandomUserError('source-unreachable', `cannot reach ${where}: ${reasonOf(error)}`, {
    cause: error,
    status,
  });
}

/** The error for a request that has used up its time; the source may have sent a part of the answer. */
export function timedOut(
  where: string,
  timeoutMs: number,
  status: number | undefined,
  cause: unknown,
): RandomUserError {
  const message = `${where} gave no complete answer within ${timeoutMs.toString()} ms`;
  return new RandomUserError('source-timeout', message, { cause, status });
}

function reasonOf(error: unknown): string {
  // Connecting to several addresses of one name fails with an error for each and no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
