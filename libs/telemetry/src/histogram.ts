import { TelemetryError } from './errors.ts';

/** Counts per bucket at one moment. Two readings of one histogram may be subtracted to look at a span of time. */
export interface HistogramReading {
  /** Inclusive upper bounds of the buckets, ascending. */
  readonly upperBounds: readonly number[];
  /** Observations per bucket, not cumulative; one longer than the bounds, the last for what is above them all. */
  readonly counts: readonly number[];
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Inclusive upper bounds, ascending, without infinity. */
  readonly buckets: readonly number[];
}

/**
 * A histogram without labels whose observations may carry a weight: one call for a whole batch, where
 * prom-client's own histogram takes one call and one linear search a record. A call is a binary search.
 */
export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly #upperBounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  constructor({ name, help, buckets }: HistogramOptions) {
    this.name = name;
    this.help = help;
    this.#upperBounds = buckets;
    this.#counts = new Float64Array(buckets.length + 1);
  }

  /**
   * Counts `value` as seen `count` times. Default: once.
   * @throws TelemetryError `bad-observation` when the value is not finite or the count is not a whole number >= 0
   */
  observe(value: number, count = 1): void {
    if (!Number.isFinite(value) || !Number.isInteger(count) || count < 0) {
      throw new TelemetryError(
        'bad-observation',
        `cannot observe ${value.toString()} x ${count.toString()} in ${this.name}: needs a finite value and a whole count`,
      );
    }
    const bucket = this.#bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#sum += value * count;
    this.#count += count;
  }

  read(): HistogramReading {
    return { upperBounds: this.#upperBounds, counts: [...this.#counts] };
  }

  /** The metric in the form prom-client's registry asks for: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  get() {
    let cumulative = 0;
    const buckets = this.#upperBounds.map((bound, index) => {
      cumulative += this.#counts[index] ?? 0;
      return sample(`${this.name}_bucket`, cumulative, { le: bound });
    });
    const values = [
      ...buckets,
      sample(`${this.name}_bucket`, this.#count, { le: '+Inf' }),
      sample(`${this.name}_sum`, this.#sum),
      sample(`${this.name}_count`, this.#count),
    ];
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: 'histogram',
      aggregator: 'sum',
      values,
    });
  }

  #bucketOf(value: number): number {
    let low = 0;
    let high = this.#upperBounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (this.#upperBounds[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function sample(metricName: string, value: number, labels: Record<string, string | number> = {}) {
  return { metricName, value, labels };
}

/**
 * The value below which the share `q` (0..1) of the observations lies, interpolated within its bucket as
 * Prometheus' histogram_quantile does: exact to the width of the bucket. Undefined without observations; the
 * highest bound when it lies above all of them. It walks the buckets once, so it is cheap enough for every tick.
 */
export function quantile({ upperBounds, counts }: HistogramReading, q: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = q * total;
  let below = 0;
  for (const [index, upper] of upperBounds.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = index === 0 ? Math.min(0, upper) : (upperBounds[index - 1] ?? 0);
      return lower + (upper - lower) * ((rank - below) / count);
    }
    below += count;
  }
  return upperBounds.at(-1);
}
