import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { BenchmarkStack } from './benchmark-stack.ts';

const program = new Command('benchmarks:audit')
  .description(
    'Audits a table that is right, in the memory given and in a quarter of what its keys need, so that the topic is read several\n' +
      'times. Fails where the audit finds damage.',
  )
  .option('--records <count>', 'records in the topic', '100000')
  .option('--memory <size>', 'memory for the keys of one pass', '256MiB')
  .parse();
const options = program.opts<{ records: string; memory: string }>();
const records = Number(options.records);
/** What a key takes, see `bytesPerKey` in the audit. */
const quarterKiB = Math.ceil((records * 64) / 4 / 1024);

const stack = await BenchmarkStack.start((line) => process.stderr.write(`${line}\n`));
const rows = [];
try {
  await stack.publish(records);
  process.stderr.write('writing\n');
  await stack.runWriter(records, 'audited');
  for (const memory of [options.memory, `${quarterKiB}KiB`]) {
    process.stderr.write(`auditing with ${memory}\n`);
    rows.push({ memory, ...(await stack.runAudit(records, 'audited', memory)) });
  }
} finally {
  await stack.stop();
}

console.table(
  rows.map(({ memory, passes, rowsPerSecond, cpuMicrosPerRow, peakRssMb, ...size }) => ({
    memory,
    ...size,
    passes,
    seconds: (records / rowsPerSecond).toFixed(1),
    'records/s': Math.round(rowsPerSecond),
    'client CPU us/record': cpuMicrosPerRow.toFixed(1),
    'peak RSS MB': Math.round(peakRssMb),
  })),
);
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
mkdirSync(join(import.meta.dirname, '..', 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, '..', 'results', 'audit.json'),
  `${JSON.stringify({ benchmark: 'audit', machine, records, rows }, null, 2)}\n`,
);
console.log(`a healthy table of ${records} records (${machine})`);
