/** Samples of one scrape: `name{label="value"}` to its value. */
export type MetricsReading = ReadonlyMap<string, number>;

/** Scrapes an app of this machine; undefined where it does not answer, as while it starts or stops. */
export async function readMetrics(port: number): Promise<MetricsReading | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return parseMetrics(await response.text());
  } catch {
    return undefined;
  }
}

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseMetrics(text: string): MetricsReading {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    samples.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return samples;
}

/** Sum of a metric over those of its samples that carry each of `labels`, written as `name="value"`. */
export function total(metrics: MetricsReading | undefined, name: string, ...labels: string[]): number {
  let sum = 0;
  for (const [sample, value] of metrics ?? [])
    if (nameOf(sample) === name && labels.every((label) => sample.includes(label))) sum += value;
  return sum;
}

/** The largest sample of a metric; undefined where there is none. */
export function largest(metrics: MetricsReading | undefined, name: string): number | undefined {
  let found: number | undefined;
  for (const [sample, value] of metrics ?? [])
    if (nameOf(sample) === name) found = Math.max(found ?? -Infinity, value);
  return found;
}

function nameOf(sample: string): string {
  return sample.split('{', 1)[0] ?? sample;
}

/** Upper bound, in seconds, of the bucket that holds the quantile `q` of a histogram; undefined while it is empty. */
export function quantileOf(metrics: MetricsReading | undefined, name: string, q: number): number | undefined {
  const buckets: [bound: number, count: number][] = [];
  for (const [sample, count] of metrics ?? []) {
    const bound = new RegExp(`^${name}_bucket\\{.*?le="([^"]+)"`).exec(sample)?.[1];
    if (bound !== undefined) buckets.push([bound === '+Inf' ? Infinity : Number(bound), count]);
  }
  buckets.sort(([a], [b]) => a - b);
  const all = buckets.at(-1)?.[1] ?? 0;
  return all === 0 ? undefined : buckets.find(([, count]) => count >= q * all)?.[0];
}
