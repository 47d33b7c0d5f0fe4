interface Failure {
  readonly error: unknown;
  readonly until: number;
}

/**
 * Look-ups by a key whose answer never changes: asked once, kept for good; callers that come meanwhile share the answer.
 * A failure is kept for a short time, so that a stream of one unknown key does not become a stream of requests.
 */
export class LookupCache<Key, Value> {
  readonly #found = new Map<Key, Promise<Value>>();
  /** Oldest first. */
  readonly #failed = new Map<Key, Failure>();
  readonly #options: { readonly failedMs: number; readonly maxFailed: number; readonly now: () => number };

  /** @param options `maxFailed`: failures kept at most, as keys come from data */
  constructor(options: {
    readonly failedMs: number;
    readonly maxFailed: number;
    readonly now: () => number;
  }) {
    this.#options = options;
  }

  get(key: Key, lookUp: () => Promise<Value>): Promise<Value> {
    const failure = this.#failed.get(key);
    if (failure && this.#options.now() < failure.until) {
      return Promise.reject(failure.error as Error);
    }
    let found = this.#found.get(key);
    if (!found) {
      found = lookUp();
      this.#found.set(key, found);
      found.catch((error: unknown) => {
        this.#fail(key, error);
      });
    }
    return found;
  }

  #fail(key: Key, error: unknown): void {
    const { failedMs, maxFailed, now } = this.#options;
    this.#found.delete(key);
    this.#failed.delete(key);
    this.#failed.set(key, { error, until: now() + failedMs });
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size <= maxFailed) break;
      this.#failed.delete(oldest);
    }
  }
}
