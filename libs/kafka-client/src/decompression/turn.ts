/**
 * The one that may hold a large decompressed part in memory; further ones wait for their turn. There is one turn for the process,
 * so that its memory is bounded however many partitions it reads.
 */
class Turn {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Resolves to the function that gives the turn back, which may be called more than once; undefined when `signal` aborts first. */
  async take(signal?: AbortSignal): Promise<(() => void) | undefined> {
    if (signal?.aborted) return undefined;
    if (this.#taken && !(await this.#wait(signal))) return undefined;
    this.#taken = true;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken = false;
    };
  }

  #wait(signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        resolve(false);
      };
      const grant = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve(true);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(grant);
    });
  }
}

/** Of this process. */
export const largePartTurn = new Turn();
