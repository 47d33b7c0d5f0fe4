export interface Measurement {
  readonly rowsPerSecond: number;
  /** CPU of the client process, user and system, start included. */
  readonly cpuMicrosPerRow: number;
  readonly peakRssMb: number;
}

/** Median and, in brackets, the smallest and largest of several values. */
export function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const text = (value: number | undefined) => (value ?? 0).toFixed(digits);
  return `${text(sorted[Math.floor(sorted.length / 2)])} (${text(sorted[0])}-${text(sorted.at(-1))})`;
}
