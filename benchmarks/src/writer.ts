import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { BenchmarkStack } from './benchmark-stack.ts';
import { type Measurement, spread } from './measurement.ts';

const program = new Command('benchmarks:writer')
  .description(
    'Writes a backlog of user records into Cassandra with the stream-writer, next to the driver alone with the same rows, batches\n' +
      'and server thresholds: the ceiling. Rounds alternate; the server is warmed up first.',
  )
  .option('--records <count>', 'records in the topic', '100000')
  .option('--rounds <count>', 'rounds of each', '3')
  .parse();
const options = program.opts<{ records: string; rounds: string }>();
const records = Number(options.records);
const rounds = Number(options.rounds);

const stack = await BenchmarkStack.start((line) => process.stderr.write(`${line}\n`));
const measured: Record<'driver alone' | 'stream-writer', Measurement[]> = {
  'driver alone': [],
  'stream-writer': [],
};
try {
  await stack.publish(records);
  process.stderr.write('warming up\n');
  await stack.runCeiling(records, 'warm_up');
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    measured['driver alone'].push(await stack.runCeiling(records, `ceiling_${round}`));
    measured['stream-writer'].push(await stack.runWriter(records, `writer_${round}`));
  }
} finally {
  await stack.stop();
}

const rows = Object.entries(measured).map(([who, runs]) => ({
  '': who,
  'rows/s': spread(
    runs.map(({ rowsPerSecond }) => rowsPerSecond),
    0,
  ),
  'client CPU us/row': spread(
    runs.map(({ cpuMicrosPerRow }) => cpuMicrosPerRow),
    1,
  ),
  'peak RSS MB': spread(
    runs.map(({ peakRssMb }) => peakRssMb),
    0,
  ),
}));
console.table(rows);
const share = median(measured['stream-writer']) / median(measured['driver alone']);
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
mkdirSync(join(import.meta.dirname, '..', 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, '..', 'results', 'writer.json'),
  `${JSON.stringify({ benchmark: 'writer', machine, records, measured }, null, 2)}\n`,
);
console.log(
  `stream-writer at ${(share * 100).toFixed(0)}% of the driver alone (${records} records, ${machine})`,
);

function median(runs: readonly Measurement[]): number {
  const sorted = runs.map(({ rowsPerSecond }) => rowsPerSecond).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
