/** Milliseconds of the monotonic clock of the machine, which every process on it reads the same. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
