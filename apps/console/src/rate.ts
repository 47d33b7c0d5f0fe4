/** How fast a counter grows, over the last seconds. */
export class Rate {
  readonly #windowMs: number;
  #points: { readonly time: number; readonly value: number }[] = [];

  constructor(windowMs = 5_000) {
    this.#windowMs = windowMs;
  }

  /** Adds what the counter says at a time, ms. A counter that goes back was made anew: it begins again. */
  add(time: number, value: number): void {
    const last = this.#points.at(-1);
    if (last && (value < last.value || time < last.time)) this.#points = [];
    this.#points.push({ time, value });
    // one point before the window stays, so that the window is full
    while ((this.#points[1]?.time ?? Infinity) <= time - this.#windowMs) this.#points.shift();
  }

  /** Nothing is known any more, such as while a server is away. */
  clear(): void {
    this.#points = [];
  }

  /** By the second; null while there are not two points. */
  get perSecond(): number | null {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (!first || !last || last.time <= first.time) return null;
    return ((last.value - first.value) * 1_000) / (last.time - first.time);
  }
}
