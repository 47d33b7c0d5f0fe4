import { quantile } from '@sluice/telemetry';
import { boundedText } from './bounded-text.ts';

/** Metrics of an app at one moment, by name: every line with its labels. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An answer larger than this is no app of ours. */
const maxBytes = 4 * 1024 * 1024;

/** Reads the Prometheus text format, as far as our apps use it. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const parsed = parseLine(line);
    if (!parsed) continue;
    const known = samples.get(parsed.name);
    if (known) known.push(parsed.sample);
    else samples.set(parsed.name, [parsed.sample]);
  }
  return samples;
}

/** @throws where the app does not answer in time, or more than 4 MiB */
export async function fetchMetrics(url: string, timeoutMs: number): Promise<Samples> {
  const response = await fetch(`${url}/metrics`, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const text = await boundedText(response, maxBytes);
  if (!response.ok) throw new Error(`${url}/metrics answered ${response.status}`);
  return parseMetrics(text);
}

/** The sum of all lines of a metric, or of those with these labels; undefined where there is none. */
export function sumOf(
  samples: Samples,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = (samples.get(name) ?? []).filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** Counts up to and with each upper bound, of a histogram. */
export type Buckets = ReadonlyMap<number, number>;

export function bucketsOf(samples: Samples, name: string): Buckets {
  const buckets = new Map<number, number>();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return buckets;
}

/** A quantile of what was counted from `before` to `after`; null where nothing was. A counter that was reset counts from 0. */
export function quantileSince(before: Buckets, after: Buckets, q: number): number | null {
  const bounds = [...after.keys()].sort((one, other) => one - other);
  const wasReset = (after.get(Infinity) ?? 0) < (before.get(Infinity) ?? 0);
  const below = bounds.map((bound) => (after.get(bound) ?? 0) - (wasReset ? 0 : (before.get(bound) ?? 0)));
  const counts = below.map((count, at) => Math.max(0, count - (below[at - 1] ?? 0)));
  return quantile({ upperBounds: bounds.filter(Number.isFinite), counts }, q) ?? null;
}

/** Each pattern takes up where the one before it ended, so that a line of any length takes linear time. */
const name = /[A-Za-z_:][\w:]*/y;
const labelStart = /[\s,]*([A-Za-z_]\w*)="/y;
const labelEnd = /([^"\\]*(?:\\.[^"\\]*)*)"/y;
const labelsEnd = /[\s,]*\}/y;
const number = /[ \t]+(\S+)/y;

/** Undefined for a line that is no sample. */
function parseLine(line: string): { readonly name: string; readonly sample: Sample } | undefined {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const [found] = take(name) ?? [];
  if (found === undefined) return undefined;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at += 1;
    for (let label = take(labelStart); label; label = take(labelStart)) {
      const [, text] = take(labelEnd) ?? [];
      if (text === undefined) return undefined;
      labels[label[1] ?? ''] = unescaped(text);
    }
    if (!take(labelsEnd)) return undefined;
  }
  const [, digits] = take(number) ?? [];
  const value = digits === '+Inf' ? Infinity : Number(digits);
  return Number.isNaN(value) ? undefined : { name: found, sample: { labels, value } };
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
