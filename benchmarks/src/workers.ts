import { availableParallelism } from 'node:os';
import { benchmarkCommand, positive, progress } from './command.ts';
import { type EngineResult, runEngines } from './engine-processes.ts';
import { withKafka } from './kafka-alone.ts';
import { median, spread } from './measurement.ts';
import { publishUsers } from './publish-users.ts';
import { finish } from './report.ts';
import { atLeast } from './verdict.ts';

const { records, rounds, warmUp } = benchmarkCommand(
  'workers',
  'The engine alone with one process and with two that share the partitions, as `stream-writer serve --workers 2` starts them, in turn.',
)
  .option('--records <count>', 'records in the topic', positive, 500_000)
  .option('--warm-up <count>', 'records of each process before its clock starts', positive, 50_000)
  .option('--rounds <count>', 'rounds of each', positive, 5)
  .parse()
  .opts<{ records: number; rounds: number; warmUp: number }>();

const counts = [1, 2] as const;
const partitions = 4;
const measured: Record<(typeof counts)[number], EngineResult[]> = { 1: [], 2: [] };

const versions = await withKafka(async (kafka) => {
  const { brokers } = kafka;
  progress(`publishing ${records} users`);
  await publishUsers(brokers, { topic: 'users', records, partitions });
  const run = (workers: number) => runEngines({ brokers, topic: 'users', partitions, warmUp, workers });
  progress('warming up');
  for (const workers of counts) await run(workers);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const workers of counts) measured[workers].push(await run(workers));
  }
  return kafka.versions;
});

const of = (workers: (typeof counts)[number], what: keyof EngineResult) =>
  measured[workers].map((run) => run[what]);
finish({
  benchmark: 'workers',
  versions,
  settings: { records, 'warm-up': warmUp, rounds, partitions, cores: availableParallelism() },
  table: counts.map((workers) => ({
    workers,
    'records/s': spread(of(workers, 'recordsPerSecond'), 0),
    'CPU us/record': spread(of(workers, 'cpuMicrosPerRecord'), 1),
    'peak RSS MB each': spread(of(workers, 'peakRssMb'), 0),
  })),
  verdicts: [
    atLeast('two workers take as many times the records of one:', {
      value: median(of(2, 'recordsPerSecond')) / median(of(1, 'recordsPerSecond')),
      goal: 1.6,
      unit: 'x',
    }),
  ],
  notes: ['The broker needs a part of the same cores, also while there is one worker.'],
  measured,
});
