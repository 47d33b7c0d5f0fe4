import { type Buckets, quantileSince } from './app-metrics.ts';

/** Quantiles are of the last so many looks. */
const looksKept = 60;

/** How long something took of late, from histograms of the apps that only ever grow. */
export class LatencyWindow {
  readonly #looks: Buckets[] = [];

  /** A look: the histograms of all apps. */
  add(histograms: readonly Buckets[]): void {
    const buckets = new Map<number, number>();
    for (const histogram of histograms)
      for (const [bound, count] of histogram) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
    this.#looks.push(buckets);
    if (this.#looks.length > looksKept + 1) this.#looks.shift();
  }

  /** In ms; null where nothing was measured in that time. */
  quantile(q: number): number | null {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    if (!first || !last || first === last) return null;
    const seconds = quantileSince(first, last, q);
    return seconds === null ? null : seconds * 1_000;
  }
}
