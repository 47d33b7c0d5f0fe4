import { ConsoleError } from './problem.ts';

export interface LinkOptions<T> {
  /** `kafka`, `cassandra`: in codes and messages. */
  readonly server: string;
  readonly open: () => Promise<T>;
  readonly close: (resource: T) => Promise<void>;
  /** Whether an error means that the connection is of no use any more. */
  readonly isLost: (error: unknown) => boolean;
  /** The longest time that one use may take, connecting included, ms. */
  readonly timeoutMs: number;
  /** Clock, ms. Default: performance.now. */
  readonly now?: () => number;
}

/** After a failed attempt to connect, its error stands for so long: requests must not pile up connections. */
const failureMs = 1_000;

/** A connection that is opened when it is first needed, shared, and opened anew after it was lost. No use of it hangs. */
export class Link<T> {
  readonly #options: Required<LinkOptions<T>>;
  #opening: Promise<T> | undefined;
  #failed: { readonly error: unknown; readonly at: number } | undefined;
  #closed = false;

  constructor(options: LinkOptions<T>) {
    this.#options = { now: () => performance.now(), ...options };
  }

  /** Does something with the connection. @throws ConsoleError 503 after `timeoutMs`; what `work` and `open` throw */
  async use<R>(work: (resource: T) => Promise<R>, timeoutMs = this.#options.timeoutMs): Promise<R> {
    const opening = this.#open();
    try {
      return await this.#within(timeoutMs, opening.then(work));
    } catch (error) {
      if (this.#options.isLost(error)) this.#drop(opening);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = this.#opening;
    this.#opening = undefined;
    const resource = await opened?.catch(() => undefined);
    if (resource) await this.#options.close(resource).catch(() => undefined);
  }

  #open(): Promise<T> {
    if (this.#closed) return Promise.reject(this.#away('the console is stopping'));
    const { now, open } = this.#options;
    if (this.#failed && now() - this.#failed.at < failureMs)
      return Promise.reject(this.#failed.error as Error);
    if (this.#opening) return this.#opening;
    const opening = open();
    this.#opening = opening;
    opening.then(
      () => (this.#failed = undefined),
      (error: unknown) => {
        this.#failed = { error, at: now() };
        if (this.#opening === opening) this.#opening = undefined;
      },
    );
    return opening;
  }

  #drop(opening: Promise<T>): void {
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    opening.then((resource) => this.#options.close(resource)).catch(() => undefined);
  }

  async #within<R>(ms: number, work: Promise<R>): Promise<R> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#away(`${this.#options.server} did not answer within ${ms / 1000} s`));
      }, ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #away(message: string): ConsoleError {
    return new ConsoleError(message, {
      status: 503,
      code: `${this.#options.server}-timed-out`,
      action: 'Wait a moment and try again; the rest of the console goes on.',
    });
  }
}
