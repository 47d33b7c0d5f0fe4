/** Spans that a partition may run ahead of a held record: what is read again after a restart. */
const maxSpansAhead = 400;

/**
 * Bounds how far a partition runs ahead of records that are held: their bytes, which are not among those in flight, so that
 * they do not take the room of other partitions, and the spans after them, so that a restart does not repeat hours.
 */
export class HeldBytes {
  readonly #limit: number;
  readonly #wake = new Set<() => void>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param bytes more of them, or fewer where negative */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.wake();
  }

  /** To be called when there are fewer spans ahead: whoever waits looks again. */
  wake(): void {
    for (const wake of this.#wake) wake();
  }

  /** Resolves true once the partition may go on, false when `signal` aborts first. */
  async room(spansAhead: () => number, signal: AbortSignal): Promise<boolean> {
    while (this.#bytes > this.#limit || (this.#bytes > 0 && spansAhead() > maxSpansAhead)) {
      if (signal.aborted) return false;
      await this.#change(signal);
    }
    return true;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
