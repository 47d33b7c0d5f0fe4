import { randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { RandomUserError } from './errors.ts';
import { checkedUrl, checkWhole, MAX_RESULTS } from './options.ts';
import type { PageRequest, PagesOptions, RandomUserClientOptions } from './options.ts';
import { readErrorText, readPage } from './page-reader.ts';
import { MAX_PAGE, pageAt } from './page-sequence.ts';
import type { RandomUserPage } from './random-user.ts';
import { describeFailure, parseRetryAfter, retryDelayMs, timedOut } from './retry.ts';
import { TokenBucket } from './token-bucket.ts';

/** Six times what 5000 users take: an endless answer must not fill the memory. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** A source that says nothing for so long, ms, gives no answer any more. */
const longestSilenceMs = 10_000;

/**
 * A client of the RandomUser API, version 1.4: https://randomuser.me/documentation. It stays under the source's
 * rate limit, and asks again with growing, jittered waits after network errors, time-outs, 429, 5xx and answers
 * that are no page; any other status ends in an error with what the server said.
 */
export class RandomUserClient {
  readonly #url: URL;
  readonly #where: string;
  readonly #options: RandomUserClientOptions;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | undefined;
  readonly #ownAgent: Agent | undefined;
  readonly #dispatcher: Dispatcher;

  /** @throws RandomUserError `bad-options` */
  constructor(options: RandomUserClientOptions = {}) {
    const {
      rateLimit = { users: 20_000, perMs: 300_000 },
      timeoutMs = 30_000,
      clock = systemClock,
    } = options;
    checkWhole('timeoutMs', timeoutMs, 1);
    checkWhole('maxAttempts', options.maxAttempts ?? Infinity, 1);
    if (rateLimit) {
      checkWhole('rateLimit.users', rateLimit.users, 1);
      checkWhole('rateLimit.perMs', rateLimit.perMs, 1);
    }
    this.#url = checkedUrl(options.url ?? 'https://randomuser.me/api/');
    this.#where = this.#url.origin + this.#url.pathname;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#bucket = rateLimit ? new TokenBucket(rateLimit, clock) : undefined;
    this.#ownAgent = options.dispatcher
      ? undefined
      : new Agent({ connect: { timeout: timeoutMs }, maxResponseSize: MAX_BODY_BYTES });
    this.#dispatcher = options.dispatcher ?? (this.#ownAgent as Agent);
  }

  /**
   * The users of one run, page after page, none twice: one seed, pages 1, 2, 3…, and a further seed after page
   * 10,000. A page is asked for when the one before has been taken. Without `seed` in the client's options every
   * run has other users; with it every run has the same.
   * @throws RandomUserError `bad-options`, `source-refused`, or after `maxAttempts` the last error; the reason of
   *   the signal when that is aborted
   */
  async *pages({ total = Infinity, pageSize, signal }: PagesOptions = {}): AsyncGenerator<
    RandomUserPage,
    void,
    void
  > {
    checkWhole('total', total, 0);
    const size = pageSize ?? Math.min(MAX_RESULTS, this.#bucket?.capacity ?? MAX_RESULTS);
    checkWhole('pageSize', size, 1, MAX_RESULTS);
    const runSeed = this.#options.seed ?? randomBytes(8).toString('hex');
    let left = total;
    for (let index = 0; left > 0; index++) {
      const page = await this.fetchPage({
        ...pageAt(runSeed, index),
        results: Math.min(size, left),
        ...(signal && { signal }),
      });
      left -= page.users.length;
      yield page;
    }
  }

  /** One page. A source may answer with fewer users than asked for, never with more. Throws as `pages` does. */
  async fetchPage(wanted: PageRequest): Promise<RandomUserPage> {
    checkWhole('page', wanted.page, 1, MAX_PAGE);
    checkWhole('results', wanted.results, 1, MAX_RESULTS);
    const { maxAttempts = Infinity } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(wanted);
      const { page, error } = outcome;
      const retryInMs =
        error?.retryable && attempt < maxAttempts ? this.#delayAfter(attempt, error) : undefined;
      this.#options.onRequest?.({
        status: page ? 200 : (error.status ?? error.code),
        durationMs: outcome.durationMs,
        users: page?.users.length ?? 0,
        ...(error && { error }),
        ...(retryInMs !== undefined && { retryInMs }),
      });
      if (page) return page;
      if (retryInMs === undefined) throw error;
      await this.#clock.sleep(retryInMs, wanted.signal);
    }
  }

  /** Closes the connections, unless the dispatcher was given. */
  async close(): Promise<void> {
    await this.#ownAgent?.destroy();
  }

  async #attempt(wanted: PageRequest): Promise<Outcome> {
    const lease = await this.#bucket?.take(wanted.results, wanted.signal);
    const startedAt = this.#clock.now();
    try {
      const page = await this.#request(wanted);
      return { page, durationMs: this.#clock.now() - startedAt };
    } catch (error) {
      // The source counts the users of a 200 against the limit, and nothing else.
      if (!(error instanceof RandomUserError) || error.status !== 200) lease?.cancel();
      if (!(error instanceof RandomUserError)) throw error;
      return { error, durationMs: this.#clock.now() - startedAt };
    }
  }

  async #request(wanted: PageRequest): Promise<RandomUserPage> {
    let status: number | undefined;
    let retryAfterMs: number | undefined;
    let contentType: string | string[] | undefined;
    let body: Uint8Array;
    // in all: the time-outs of undici end only what is silent, and a source may send a byte a minute
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const silenceMs = Math.min(longestSilenceMs, this.#timeoutMs);
    try {
      const response = await request(this.#urlOf(wanted), {
        dispatcher: this.#dispatcher,
        headers: { accept: 'application/json' },
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        signal: wanted.signal ? AbortSignal.any([deadline, wanted.signal]) : deadline,
      });
      status = response.statusCode;
      contentType = response.headers['content-type'];
      retryAfterMs = parseRetryAfter(response.headers['retry-after'], this.#clock.date());
      body = await response.body.bytes();
    } catch (error) {
      wanted.signal?.throwIfAborted();
      if (deadline.aborted) throw timedOut(this.#where, this.#timeoutMs, status, error);
      throw describeFailure(error, this.#where, status);
    }
    if (status === 200) return readPage(body, this.#where, wanted, contentType?.toString());
    throw this.#refusal(status, new TextDecoder().decode(body), retryAfterMs);
  }

  #refusal(status: number, body: string, retryAfterMs: number | undefined): RandomUserError {
    const message = `${this.#where} answered ${status.toString()}: ${readErrorText(body)}`;
    const details = { status, retryAfterMs };
    if (status === 429) return new RandomUserError('source-rate-limited', message, details);
    if (status >= 500) return new RandomUserError('source-unavailable', message, details);
    return new RandomUserError('source-refused', message, details);
  }

  #urlOf({ page, results, seed }: PageRequest): URL {
    const url = new URL(this.#url);
    url.searchParams.set('seed', seed);
    url.searchParams.set('page', page.toString());
    url.searchParams.set('results', results.toString());
    const { nationalities = [] } = this.#options;
    if (nationalities.length > 0) url.searchParams.set('nat', nationalities.join(','));
    return url;
  }

  #delayAfter(attempt: number, error: RandomUserError): number {
    const { retryDelay = { minMs: 500, maxMs: 30_000 }, random = Math.random } = this.#options;
    return retryDelayMs(attempt, error.retryAfterMs, retryDelay, random());
  }
}

type Outcome = { readonly durationMs: number } & (
  | { readonly page: RandomUserPage; readonly error?: undefined }
  | { readonly page?: undefined; readonly error: RandomUserError }
);
