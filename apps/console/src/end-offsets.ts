/** When the end of each partition was where: tells the age of an offset without reading its record. */
export class EndOffsets {
  readonly #keptMs: number;
  readonly #ends = new Map<number, { readonly time: number; readonly end: number }[]>();

  /** @param keptMs how far back ages are known */
  constructor(keptMs = 3_600_000) {
    this.#keptMs = keptMs;
  }

  add(time: number, ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      const known = this.#ends.get(partition) ?? [];
      const last = known.at(-1);
      if (last && end < last.end) known.length = 0;
      // where nothing moves one point says as much as many
      const before = known.at(-2);
      if (last && before && last.end === end && before.end === end) known.pop();
      known.push({ time, end });
      while ((known[1]?.time ?? Infinity) < time - this.#keptMs) known.shift();
      this.#ends.set(partition, known);
    }
  }

  /**
   * How long ago the record at an offset was written, ms: 0 for the end itself, null where it was there before the first look.
   */
  ageOf(partition: number, offset: number, now: number): number | null {
    const known = this.#ends.get(partition);
    const last = known?.at(-1);
    if (!known || !last) return null;
    if (offset >= last.end) return 0;
    // the first point whose end is after the offset: the record came just before it
    let low = 0;
    let high = known.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle]?.end ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    if (low === 0) return null;
    return Math.max(0, now - (known[low]?.time ?? now));
  }
}
