// Numbers and times as people read them. Offsets and counts come as decimal text where a double could not hold them.

const grouped = new Intl.NumberFormat('en');
const oneDecimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** What stands where a figure is not known. */
export const UNKNOWN = '–';

/** A whole number with separators, exact however large it is: "9,007,199,254,740,993". */
export function formatCount(value: number | bigint | string | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return grouped.format(typeof value === 'string' ? BigInt(value) : value);
}

/** A number for small places: "12.3K". */
export function formatCompact(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : compact.format(value);
}

/** Records per second: "1,204/s", with one decimal below 10. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return UNKNOWN;
  return `${perSecond < 10 ? oneDecimal.format(perSecond) : grouped.format(Math.round(perSecond))}/s`;
}

/** A size in powers of 1,024: "4.0 MiB". */
export function formatBytes(bytes: number | string | null | undefined): string {
  if (bytes === null || bytes === undefined) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(size) : size.toFixed(1)} ${units[unit] ?? ''}`;
}

/** A span of time in ms, at two units at most: "820 ms", "1.4 s", "3 min 20 s", "2 d 4 h". */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 1_000) return `${oneDecimal.format(ms < 10 ? ms : Math.round(ms))} ms`;
  if (ms < 60_000) return `${oneDecimal.format(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** Steps of a scale of durations, ms: whole seconds, minutes and hours, where round numbers would give "1 min 40 s". */
export const durationSteps: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * 3_600_000),
];

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** A moment (ms since 1970, or ISO text) in the viewer's zone, to the ms: "2026-11-23 01:20:04.123". */
export function formatMoment(moment: number | string | null | undefined): string {
  const date = dateOf(moment);
  if (!date) return UNKNOWN;
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** A write timestamp (µs since 1970, as decimal text) as a moment and exactly: "2026-11-23 01:20:04.123 (1,795,…,001 µs)". */
export function formatWriteTime(microseconds: string | null): string {
  if (microseconds === null) return UNKNOWN;
  return `${formatWriteMoment(microseconds)} (${formatCount(microseconds)} µs)`;
}

/** A write timestamp (µs since 1970, as decimal text) to the millisecond. */
export function formatWriteMoment(microseconds: string | null): string {
  return microseconds === null ? UNKNOWN : formatMoment(Number(BigInt(microseconds) / 1000n));
}

/** How long ago a moment was: "5 s ago". */
export function formatAgo(moment: number | string | null | undefined, now: number): string {
  const date = dateOf(moment);
  if (!date) return UNKNOWN;
  const ms = now - date.getTime();
  return ms < 1_000 ? 'now' : `${formatDuration(Math.floor(ms / 1_000) * 1_000)} ago`;
}

function dateOf(moment: number | string | null | undefined): Date | undefined {
  if (moment === null || moment === undefined || moment === '') return undefined;
  const date = new Date(typeof moment === 'string' && /^-?\d+$/.test(moment) ? Number(moment) : moment);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** "1 record", "2 records". */
export function plural(count: number | bigint | string, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${String(count) === '1' ? noun : nouns}`;
}

/** Why there is more in a topic than can be shown. */
export function heldText(offsets: number): string {
  return `${plural(offsets, 'offset')} ${offsets === 1 ? 'is' : 'are'} held back by open transactions`;
}
