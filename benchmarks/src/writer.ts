import { BenchmarkStack, type Place } from './benchmark-stack.ts';
import { benchmarkCommand, positive, progress } from './command.ts';
import { createTopic } from './create-topic.ts';
import { type Measurement, median, spread } from './measurement.ts';
import { type MessageFormat, publishUsers } from './publish-users.ts';
import { finish } from './report.ts';
import { atLeast, atMost, type Verdict } from './verdict.ts';

const options = benchmarkCommand(
  'writer',
  'Writes a backlog of user records, in JSON and in Avro, into Cassandra with the stream-writer, next to the driver alone with the same\n' +
    "rows, batches and server thresholds: the ceiling. All of it with the server's default thresholds for batches, then with raised ones.\n" +
    'Each run has a table of its own; rounds alternate; the server is warmed up first.',
)
  .option('--records <count>', 'records in each topic', positive, 500_000)
  .option('--raised-records <count>', 'with raised thresholds [three tenths of them]', positive)
  .option('--rounds <count>', 'rounds of each', positive, 3)
  .parse()
  .opts<{ records: number; raisedRecords?: number; rounds: number }>();
const { records, rounds, raisedRecords = Math.ceil(records * 0.3) } = options;

type Thresholds = 'default' | 'raised';
type Runner = 'driver alone' | 'JSON' | 'Avro';
const runners: readonly Runner[] = ['driver alone', 'JSON', 'Avro'];
const recordsOf: Readonly<Record<Thresholds, number>> = { default: records, raised: raisedRecords };
const settingsOf: Readonly<Record<Thresholds, Readonly<Record<string, unknown>>>> = {
  default: {},
  raised: {
    batch_size_warn_threshold: '64KiB',
    batch_size_fail_threshold: '640KiB',
    unlogged_batch_across_partitions_warn_threshold: 100,
  },
};
type Runs = Record<Runner, Measurement[]>;
let versions = {};

/** All rounds on services of their own, which have these thresholds. */
async function measure(thresholds: Thresholds): Promise<Runs> {
  const count = recordsOf[thresholds];
  const runs: Runs = { 'driver alone': [], JSON: [], Avro: [] };
  const stack = await BenchmarkStack.start({ registry: true, cassandra: settingsOf[thresholds] });
  versions = stack.versions;
  let startCpuSeconds = 0;
  const drain = async (place: Place): Promise<Measurement> => {
    const { cpuMicrosPerRow, ...result } = await stack.runWriter(count, place);
    return { ...result, cpuMicrosPerRow: cpuMicrosPerRow - (startCpuSeconds * 1e6) / count };
  };
  const once = async (runner: Runner, keyspace: string): Promise<Measurement> => {
    const place = { keyspace, topic: runner === 'Avro' ? 'users_avro' : 'users_json' };
    const result = runner === 'driver alone' ? await stack.runCeiling(count, place) : await drain(place);
    progress(`  ${runner}: ${result.rowsPerSecond.toFixed(0)} rows/s`);
    await stack.drop(place);
    return result;
  };
  try {
    for (const format of ['json', 'avro'] as const) await publish(stack, format, count);
    progress(`warming up, ${thresholds} thresholds`);
    const warmUp: Place = { keyspace: 'warm_up' };
    await stack.runCeiling(Math.min(count, 200_000), warmUp);
    await stack.drop(warmUp);
    await createTopic(stack.brokers, 'empty');
    startCpuSeconds = await stack.runIdleWriter({ keyspace: 'idle', topic: 'empty' });
    progress(`  a writer that finds nothing takes ${startCpuSeconds.toFixed(2)} s of CPU`);
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}, ${thresholds} thresholds`);
      // another one first each time, so that none of them always has the younger server
      for (let turn = 0; turn < runners.length; turn += 1) {
        const runner = runners[(round + turn) % runners.length] ?? 'driver alone';
        runs[runner].push(await once(runner, `round_${round}_${turn}`));
      }
    }
  } finally {
    await stack.stop();
  }
  return runs;
}

async function publish(stack: BenchmarkStack, format: MessageFormat, count: number): Promise<void> {
  const topic = `users_${format}`;
  progress(`publishing ${count} users in ${format}`);
  const schemaId = format === 'avro' ? await stack.registerSchema(topic) : 1;
  await publishUsers(stack.brokers, { topic, records: count, format, schemaId });
}

const measured: Readonly<Record<Thresholds, Runs>> = {
  default: await measure('default'),
  raised: await measure('raised'),
};

/** CPU of a row beside the driver alone, us. */
const cpuGoals = { JSON: 14, Avro: 10 } as const;
const rateOf = (thresholds: Thresholds, runner: Runner) =>
  median(measured[thresholds][runner].map(({ rowsPerSecond }) => rowsPerSecond));
const cpuOf = (thresholds: Thresholds, runner: Runner) =>
  median(measured[thresholds][runner].map(({ cpuMicrosPerRow }) => cpuMicrosPerRow));

const thresholds = ['default', 'raised'] as const;
finish({
  benchmark: 'writer',
  versions,
  settings: { records, 'with raised thresholds': raisedRecords, rounds, partitions: 4 },
  table: thresholds.flatMap((each) =>
    runners.map((runner) => {
      const runs = measured[each][runner];
      const figures = (what: keyof Measurement, digits: number) =>
        spread(
          runs.map((run) => run[what]),
          digits,
        );
      return {
        thresholds: each,
        client: runner === 'driver alone' ? runner : `stream-writer, ${runner}`,
        'rows/s': figures('rowsPerSecond', 0),
        'of the ceiling': `${((100 * rateOf(each, runner)) / rateOf(each, 'driver alone')).toFixed(0)}%`,
        'client CPU us/row': figures('cpuMicrosPerRow', 1),
        // the driver alone holds the rows that it was given before its clock started
        'peak RSS MB': runner === 'driver alone' ? '' : figures('peakRssMb', 0),
      };
    }),
  ),
  verdicts: thresholds.flatMap(verdictsOf),
  notes: [
    'The ceiling counts only the sending of rows that are ready. The time of the writer is that from its start to its end; its CPU is without that of its start, which a writer takes that finds nothing to do.',
  ],
  measured,
});

function verdictsOf(each: Thresholds): Verdict[] {
  const ceiling = rateOf(each, 'driver alone');
  const ofFormats = (['JSON', 'Avro'] as const).flatMap((format) => [
    atLeast(`${format}, ${each} thresholds: of the ceiling`, {
      value: (100 * rateOf(each, format)) / ceiling,
      goal: 85,
      unit: '%',
      digits: 0,
    }),
    atMost(`${format}, ${each} thresholds: CPU beside the driver alone`, {
      value: cpuOf(each, format) - cpuOf(each, 'driver alone'),
      goal: cpuGoals[format],
      unit: ' us/row',
      digits: 1,
    }),
    atMost(`${format}, ${each} thresholds: peak memory`, {
      value: Math.max(...measured[each][format].map(({ peakRssMb }) => peakRssMb)),
      goal: 150,
      unit: ' MB',
      digits: 0,
    }),
  ]);
  // two medians of the same differ by as much
  const chance = 0.97;
  const avro = { value: rateOf(each, 'Avro') / rateOf(each, 'JSON'), goal: chance };
  return [...ofFormats, atLeast(`Avro, ${each} thresholds: rate in terms of JSON`, avro)];
}
