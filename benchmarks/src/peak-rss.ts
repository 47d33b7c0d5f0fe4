import { existsSync, readFileSync } from 'node:fs';

const status = '/proc/self/status';

/**
 * The most memory that this process has held, MB. Where there is no /proc it is `maxRSS`, which is wrong for the child of a larger
 * process: Linux lets it begin at what the parent held (getrusage(2), ru_maxrss is kept across execve).
 */
export function peakRssMb(): number {
  if (!existsSync(status)) return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error(`${status} has no VmHWM`);
  return Number(kilobytes) / 1024;
}
