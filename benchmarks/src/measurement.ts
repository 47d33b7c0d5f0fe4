/** What one run of a process came to. */
export interface Measurement {
  readonly rowsPerSecond: number;
  /** CPU of the client process, user and system, start included. */
  readonly cpuMicrosPerRow: number;
  readonly peakRssMb: number;
}

/** Of an even number of values, the upper one of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** The value that the share `q` (0..1) of the values does not exceed. NaN without values. */
export function quantileOf(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

/** Median and, in brackets, the smallest and largest of several values. */
export function spread(values: readonly number[], digits: number): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}-${text(Math.max(...values))})`;
}
