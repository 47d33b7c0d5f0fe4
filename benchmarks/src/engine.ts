import { benchmarkCommand, positive, progress } from './command.ts';
import { type EngineResult, runEngines } from './engine-processes.ts';
import { withKafka } from './kafka-alone.ts';
import { median, spread } from './measurement.ts';
import { type MessageFormat, publishUsers } from './publish-users.ts';
import { finish } from './report.ts';
import { atLeast } from './verdict.ts';

const { records, rounds, warmUp } = benchmarkCommand(
  'engine',
  'The engine alone: takes a topic of users through fetch, decode, validate, enrich and plan to a sink that accepts at once, in JSON and\n' +
    'Avro in turn, by one process each time.',
)
  .option('--records <count>', 'records in each topic', positive, 400_000)
  .option('--warm-up <count>', 'of them, records before the clock starts', positive, 50_000)
  .option('--rounds <count>', 'rounds of each', positive, 5)
  .parse()
  .opts<{ records: number; rounds: number; warmUp: number }>();

/** Records a second on one core. */
const goals: Readonly<Record<MessageFormat, number>> = { json: 70_000, avro: 100_000 };
const formats: readonly MessageFormat[] = ['json', 'avro'];
const partitions = 4;
const measured: Record<MessageFormat, EngineResult[]> = { json: [], avro: [] };

const versions = await withKafka(async (kafka) => {
  const { brokers } = kafka;
  for (const format of formats) {
    progress(`publishing ${records} users in ${format}`);
    await publishUsers(brokers, { topic: `users_${format}`, records, format, partitions });
  }
  const run = (format: MessageFormat) =>
    runEngines({ brokers, topic: `users_${format}`, partitions, warmUp });
  progress('warming up');
  for (const format of formats) await run(format);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const format of formats) measured[format].push(await run(format));
  }
  return kafka.versions;
});

const of = (format: MessageFormat, what: keyof EngineResult) => measured[format].map((run) => run[what]);
finish({
  benchmark: 'engine',
  versions,
  settings: { records, 'warm-up': warmUp, rounds, partitions },
  table: formats.map((format) => ({
    messages: format,
    'records/s': spread(of(format, 'recordsPerSecond'), 0),
    'CPU us/record': spread(of(format, 'cpuMicrosPerRecord'), 1),
    'peak RSS MB': spread(of(format, 'peakRssMb'), 0),
  })),
  verdicts: formats.map((format) =>
    atLeast(`engine alone, ${format}:`, {
      value: median(of(format, 'recordsPerSecond')),
      goal: goals[format],
      unit: ' records/s',
      digits: 0,
    }),
  ),
  measured,
});
