import { benchmarkCommand, positive, progress } from './command.ts';
import { type EngineResult, runEngines } from './engine-processes.ts';
import { withKafka } from './kafka-alone.ts';
import { median, spread } from './measurement.ts';
import { publishUsers } from './publish-users.ts';
import { finish } from './report.ts';
import { atMost } from './verdict.ts';

const { short = false, rounds } = benchmarkCommand(
  'growth',
  'What a record costs in backlogs of 100,000, 1 and 4 million records, and in topics of 1, 4, 16 and 64 partitions: the same is the goal.\n' +
    'The engine alone, with a sink that accepts at once: the memory and the time of the client are what could grow; Cassandra would take hours.',
)
  .option('--short', 'a fiftieth of the records: shows that it runs, not what it costs')
  .option('--rounds <count>', 'rounds of each', positive, 3)
  .parse()
  .opts<{ short?: boolean; rounds: number }>();

const scale = short ? 0.02 : 1;
const warmUp = 50_000 * scale;

interface Case {
  readonly kind: 'records' | 'partitions';
  readonly topic: string;
  /** After the warm-up. */
  readonly records: number;
  readonly partitions: number;
}
const byRecords = [100_000, 1_000_000, 4_000_000].map((count): Case => {
  const records = count * scale;
  return { kind: 'records', topic: `records_${records}`, records, partitions: 4 };
});
const byPartitions = [1, 4, 16, 64].map((partitions): Case => {
  return { kind: 'partitions', topic: `partitions_${partitions}`, records: 300_000 * scale, partitions };
});
const cases = [...byRecords, ...byPartitions];
const measured = new Map<Case, EngineResult[]>(cases.map((each) => [each, []]));

const versions = await withKafka(async (kafka) => {
  const { brokers } = kafka;
  for (const { topic, records, partitions } of cases) {
    progress(`publishing ${records + warmUp} users to ${partitions} partition(s)`);
    await publishUsers(brokers, { topic, records: records + warmUp, partitions });
  }
  const run = ({ topic, partitions }: Case) => runEngines({ brokers, topic, partitions, warmUp });
  progress('warming up');
  for (const each of byPartitions) await run(each);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const each of cases) measured.get(each)?.push(await run(each));
  }
  return kafka.versions;
});

const of = (each: Case, what: keyof EngineResult) => (measured.get(each) ?? []).map((run) => run[what]);

/** The dearest of the others as a part of the first, in percent more. */
function growth([first, ...others]: readonly Case[], what: keyof EngineResult): number {
  const medianOf = (each: Case) => median(of(each, what));
  return first ? (Math.max(...others.map(medianOf)) / medianOf(first) - 1) * 100 : NaN;
}

finish({
  benchmark: 'growth',
  versions,
  settings: { 'warm-up': warmUp, rounds, messages: 'json' },
  table: cases.map((each) => ({
    records: each.records,
    partitions: each.partitions,
    'us/record': spread(of(each, 'microsPerRecord'), 2),
    'CPU us/record': spread(of(each, 'cpuMicrosPerRecord'), 2),
    'peak RSS MB': spread(of(each, 'peakRssMb'), 0),
  })),
  verdicts: [
    ...(['microsPerRecord', 'cpuMicrosPerRecord'] as const).flatMap((what) => {
      const name = what === 'microsPerRecord' ? 'time' : 'CPU';
      const grows = (over: string, by: readonly Case[]) =>
        atMost(`${name} of a record grows with ${over} by`, {
          value: growth(by, what),
          goal: 15,
          unit: '%',
          digits: 0,
        });
      return [grows('the backlog', byRecords), grows('partitions', byPartitions)];
    }),
    atMost('peak memory, whatever the backlog:', {
      value: Math.max(...cases.flatMap((each) => of(each, 'peakRssMb'))),
      goal: 150,
      unit: ' MB',
      digits: 0,
    }),
  ],
  notes: [
    'The engine alone: its sink accepts at once. What Cassandra takes does not grow with the backlog of a writer.',
  ],
  measured: cases.map((each) => ({ ...each, runs: measured.get(each) })),
});
