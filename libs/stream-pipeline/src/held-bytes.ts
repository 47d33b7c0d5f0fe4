/** Spans that a partition may run ahead of a held record: what is read again after a restart. */
const maxSpansAhead = 400;

/**
 * Bounds how far a partition runs ahead of records that are held, or of dead letters that are not acknowledged: their bytes,
 * which are not among those in flight, so that they do not take the room of other partitions, and the spans after them, so that a
 * restart does not repeat hours.
 */
export class HeldBytes {
  readonly limit: number;
  /** What all partitions share: where it is full, only a partition that holds nothing may continue. */
  readonly #total: HeldBytes | undefined;
  readonly #wake = new Set<() => void>();
  #bytes = 0;

  constructor(limit: number, total?: HeldBytes) {
    this.limit = limit;
    this.#total = total;
  }

  /** @param bytes more of them, or fewer where negative */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#total?.add(bytes);
    this.wake();
  }

  /** To be called when there are fewer spans ahead: whoever waits looks again. */
  wake(): void {
    for (const wake of this.#wake) wake();
  }

  hasRoom(spansAhead: number): boolean {
    if (this.#bytes === 0) return true;
    return !this.isFull && this.#total?.isFull !== true && spansAhead <= maxSpansAhead;
  }

  /** Resolves true once the partition may continue, false when `signal` aborts first. */
  async room(spansAhead: () => number, signal: AbortSignal): Promise<boolean> {
    while (!this.hasRoom(spansAhead())) {
      if (signal.aborted) return false;
      await this.#change(signal);
    }
    return true;
  }

  get isFull(): boolean {
    return this.#bytes > this.limit;
  }

  #change(signal: AbortSignal): Promise<void> {
    const total = this.#total && this.#total.#wake;
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake.delete(wake);
        total?.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake.add(wake);
      total?.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
