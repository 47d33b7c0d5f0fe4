import { Agent, request } from 'undici';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { RegistryError } from './errors.ts';
import { describeFailure } from './failure.ts';
import { authorization, checkedTimeout } from './options.ts';
import type { SchemaRegistryOptions } from './options.ts';

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 200;
/** An endless answer must not fill the memory. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly body?: unknown;
}

export interface Answer {
  readonly call: Call;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The body, undefined where it is not JSON. */
  readonly json: unknown;
}

/** Sends requests: credentials, TLS, time-outs, and further attempts where the failure may pass. */
export class Transport {
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onRetry: ((error: RegistryError) => void) | undefined;
  readonly #closing = new AbortController();

  constructor(options: SchemaRegistryOptions) {
    this.#timeoutMs = checkedTimeout(options.timeoutMs ?? 5_000);
    this.#headers = {
      accept: `${MEDIA_TYPE}, application/json`,
      ...(options.auth && { authorization: authorization(options.auth) }),
    };
    const ca = options.tls?.ca;
    this.#agent = new Agent({
      connect: { timeout: this.#timeoutMs, ...(ca !== undefined && { ca }) },
      // Ids come from data: many unknown ones at once must not become as many connections.
      connections: 8,
      maxResponseSize: MAX_BODY_BYTES,
    });
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#onRetry = options.onRetry;
  }

  /**
   * The answer to a call, whatever it says; all calls may be repeated without harm.
   * @throws RegistryError after three attempts `unreachable`, `timeout`, `server-error`; at once `untrusted`,
   *   `bad-answer`, `closed`
   */
  async send(call: Call): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(call);
      } catch (error) {
        if (!(error instanceof RegistryError && error.retryable) || attempt === ATTEMPTS) throw error;
        this.#onRetry?.(error);
        await this.#backOff(attempt);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // Bun puts an undici of its own in the place of this one; its agent keeps no connections and has no destroy.
    if ('destroy' in this.#agent) await this.#agent.destroy();
  }

  /** Waits 200 ms, then 400 ms, each by up to a half less: clients must not come back at one moment. */
  async #backOff(attempt: number): Promise<void> {
    const whole = FIRST_DELAY_MS * 2 ** (attempt - 1);
    try {
      await this.#clock.sleep(whole * (0.5 + this.#random() / 2), this.#closing.signal);
    } catch (error) {
      throw this.#closing.signal.aborted ? closedError(error) : error;
    }
  }

  async #attempt(call: Call): Promise<Answer> {
    const answer = await this.#request(call);
    const { status } = answer;
    if (status >= 500 || status === 408 || status === 425 || status === 429) {
      throw new RegistryError('server-error', `${call.url} answered ${status}: ${saidIn(answer)}`, {
        status,
      });
    }
    return answer;
  }

  async #request(call: Call): Promise<Answer> {
    if (this.#closing.signal.aborted) throw closedError();
    // One limit for all of it: undici's own ones begin anew with each part of an answer.
    const timeUp = new AbortController();
    const timer = setTimeout(() => {
      timeUp.abort();
    }, this.#timeoutMs);
    let status: number | undefined;
    try {
      const response = await request(call.url, {
        dispatcher: this.#agent,
        method: call.method,
        headers: call.body === undefined ? this.#headers : { ...this.#headers, 'content-type': MEDIA_TYPE },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: timeUp.signal,
      });
      status = response.statusCode;
      const contentType = response.headers['content-type']?.toString() ?? 'no type';
      const text = await response.body.text();
      return { call, status, contentType, text, json: parsed(text) };
    } catch (error) {
      if (this.#closing.signal.aborted) throw closedError(error);
      if (timeUp.signal.aborted) {
        const message = `${call.url} gave no complete answer within ${this.#timeoutMs} ms`;
        throw new RegistryError('timeout', message, { status, cause: error });
      }
      throw describeFailure(error, call.url, status);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What an answer says, in one line of bounded length: the registry's `message`, or the start of the text. */
export function saidIn({ json, text }: Answer): string {
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : text;
  const said = typeof message === 'string' ? message : text;
  return said.replace(/\s+/g, ' ').trim().slice(0, 2_000) || 'nothing';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function closedError(cause?: unknown): RegistryError {
  return new RegistryError('closed', 'the client of the schema registry is closed: create another', {
    cause,
  });
}
