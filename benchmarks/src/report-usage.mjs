// Preloaded into a process that is measured: writes its CPU time and peak memory to USAGE_FILE when it ends.
import { writeFileSync } from 'node:fs';
import { peakRssMb } from './peak-rss.ts';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakRssMb: peakRssMb() };
  if (process.env.USAGE_FILE) writeFileSync(process.env.USAGE_FILE, JSON.stringify(usage));
});
