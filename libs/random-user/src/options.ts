import type { Dispatcher } from 'undici';
import type { Clock } from './clock.ts';
import { RandomUserError } from './errors.ts';

/** The most users that the API gives in one answer; it gives one when asked for more. */
export const MAX_RESULTS = 5000;

export interface RateLimit {
  readonly users: number;
  readonly perMs: number;
}

export interface RandomUserClientOptions {
  /** Default: https://randomuser.me/api/. */
  readonly url?: string;
  /** Names the data set: the same seed gives the same users again. Default: a new one for every run. */
  readonly seed?: string;
  /** Only users of these, such as ['GB', 'US']. Default: all. */
  readonly nationalities?: readonly string[];
  /**
   * No span of `perMs` sees more than this many users, so that the public API does not have to refuse. Default:
   * its published limit, 20,000 users in 5 minutes. Set false for a server of your own.
   */
  readonly rateLimit?: RateLimit | false;
  /**
   * How long a request may take in all, from the connection to the last byte of the answer. Default: 30,000. One whose source says nothing
   * for 10,000 has failed as well.
   */
  readonly timeoutMs?: number;
  /**
   * Attempts a request before its error is thrown. Default: no end, so that an outage of the source delays the
   * pipeline but does not stop it; the caller's signal ends it.
   */
  readonly maxAttempts?: number;
  /**
   * The wait before attempt n+1 lies between half of and the whole of minMs x 2^(n-1), at most maxMs, and is not
   * shorter than what Retry-After asks for. Default: 500 and 30,000.
   */
  readonly retryDelay?: { readonly minMs: number; readonly maxMs: number };
  /** Called after every attempt: for metrics, and to log why the source is slow. */
  readonly onRequest?: (report: RequestReport) => void;
  /** Where the requests go through, for example undici's ProxyAgent; its owner closes it. */
  readonly dispatcher?: Dispatcher;
  /** Default: the time of the system. */
  readonly clock?: Clock;
  /** In [0, 1), for the jitter of retries. Default: Math.random. */
  readonly random?: () => number;
}

/** How one attempt went. */
export interface RequestReport {
  /** The HTTP status, or the code of the error where no answer came. */
  readonly status: number | string;
  readonly durationMs: number;
  /** Users received; 0 after an error. */
  readonly users: number;
  readonly error?: RandomUserError;
  /** The wait before the next attempt. Absent when there is none. */
  readonly retryInMs?: number;
}

export interface PagesOptions {
  /** Stop after this many users. Default: go on. */
  readonly total?: number;
  /** Users a request, 1 to 5000. Default: 5000, or the rate limit where that is less. */
  readonly pageSize?: number;
  /** Ends the waiting, the request and the run; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface PageRequest {
  /** From 1 to 10,000. */
  readonly page: number;
  /** 1 to 5000. */
  readonly results: number;
  readonly seed: string;
  readonly signal?: AbortSignal;
}

export function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw badOptions('url must be an http or https address, such as https://randomuser.me/api/');
}

export function checkWhole(name: string, value: number, min: number, max = Infinity): void {
  if ((Number.isInteger(value) || value === max) && value >= min && value <= max) return;
  const range =
    max === Infinity ? `at least ${min.toString()}` : `from ${min.toString()} to ${max.toString()}`;
  throw badOptions(`${name} must be a whole number ${range}, not ${value.toString()}`);
}

function badOptions(message: string): RandomUserError {
  return new RandomUserError('bad-options', message);
}
