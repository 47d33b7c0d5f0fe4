/** Bounds how many pieces of work run at once; the others wait in the order they came. */
export class InFlightLimit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Handed straight to the next: a place that was free in between could be taken twice.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
