import { BenchmarkStack, type Place } from './benchmark-stack.ts';
import { benchmarkCommand, positive, progress } from './command.ts';
import { type Measurement, median, spread } from './measurement.ts';
import { publishUsers } from './publish-users.ts';
import { finish, type TableRow } from './report.ts';
import { runAppend, runJob, type SparkMeasurement, sparkVersion } from './spark-runs.ts';
import { atLeast, atMost } from './verdict.ts';

const { records, rounds } = benchmarkCommand(
  'spark',
  'Writes a backlog of user records in JSON into Cassandra with the Spark job, next to the least that a job does (from_json, and an append\n' +
    'by the same connector with the same batches), and next to the stream-writer. Spark runs as local[2]. Each run has a table of its own;\n' +
    'rounds alternate; all of them are warmed up first. Linux only.',
)
  .option('--records <count>', 'records in the topic', positive, 500_000)
  .option('--rounds <count>', 'rounds of each', positive, 3)
  .parse()
  .opts<{ records: number; rounds: number }>();

const stack = await BenchmarkStack.start();
const topic = 'users_json';
const spark: Record<'append' | 'job', SparkMeasurement[]> = { append: [], job: [] };
const writer: Measurement[] = [];
const runners = [
  async (place: Place) =>
    void spark.append.push(shown('plain append', await runAppend(stack, records, place))),
  async (place: Place) => void spark.job.push(shown('Spark job', await runJob(stack, records, place))),
  async (place: Place) => void writer.push(shown('stream-writer', await stack.runWriter(records, place))),
];

try {
  progress(`publishing ${records} users`);
  await publishUsers(stack.brokers, { topic, records });
  await warmUp();
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    // another one first each time, so that none of them always has the younger server
    for (let turn = 0; turn < runners.length; turn += 1) {
      const place = { keyspace: `round_${round}_${turn}`, topic };
      await runners[(round + turn) % runners.length]?.(place);
      await stack.drop(place);
    }
  }
} finally {
  await stack.stop();
}

/** The server's compilers and the files of Spark. */
async function warmUp(): Promise<void> {
  const few = Math.min(records, 20_000);
  progress('warming up');
  await publishUsers(stack.brokers, { topic: 'warm_up', records: few });
  const place = (keyspace: string): Place => ({ keyspace, topic: 'warm_up' });
  await stack.runCeiling(Math.min(records, 200_000), place('warm_up_driver'));
  await runAppend(stack, few, place('warm_up_append'));
  await runJob(stack, few, place('warm_up_job'));
  await stack.runWriter(few, place('warm_up_writer'));
  for (const name of ['driver', 'append', 'job', 'writer']) await stack.drop(place(`warm_up_${name}`));
}

function shown<Of extends Measurement>(name: string, run: Of): Of {
  progress(`  ${name}: ${run.rowsPerSecond.toFixed(0)} rows/s, ${run.cpuMicrosPerRow.toFixed(0)} us/row`);
  return run;
}

const { append, job } = spark;
const medianOf = (runs: readonly Measurement[], what: keyof Measurement) =>
  median(runs.map((each) => each[what]));

function common(writerName: string, runs: readonly Measurement[]): TableRow {
  const figures = (what: keyof Measurement, digits: number) =>
    spread(
      runs.map((each) => each[what]),
      digits,
    );
  const share = (100 * medianOf(runs, 'rowsPerSecond')) / medianOf(append, 'rowsPerSecond');
  return {
    writer: writerName,
    'rows/s': figures('rowsPerSecond', 0),
    'of the append': `${share.toFixed(0)}%`,
    'client CPU us/row': figures('cpuMicrosPerRow', 1),
    'largest process MB': figures('peakRssMb', 0),
  };
}

function sparkRow(name: string, runs: readonly SparkMeasurement[]): TableRow {
  const starts = runs.map(({ startSeconds }) => startSeconds);
  const whole = runs.map(({ wholeRowsPerSecond }) => wholeRowsPerSecond);
  return { ...common(name, runs), 'rows/s, start included': spread(whole, 0), 'start s': spread(starts, 1) };
}

const writerRow = common('stream-writer', writer);
finish({
  benchmark: 'spark',
  versions: { ...stack.versions, spark: sparkVersion() },
  settings: { records, rounds, partitions: 4, 'records of a batch': 100_000 },
  table: [
    sparkRow('plain append by Spark', append),
    sparkRow('Spark job', job),
    { ...writerRow, 'rows/s, start included': writerRow['rows/s'] ?? '', 'start s': '' },
  ],
  verdicts: [
    atLeast('the job, of the plain append', {
      value: (100 * medianOf(job, 'rowsPerSecond')) / medianOf(append, 'rowsPerSecond'),
      goal: 70,
      unit: '%',
      digits: 0,
    }),
    atMost('the job: from its start to its first batch', {
      value: Math.max(...job.map(({ startSeconds }) => startSeconds)),
      goal: 20,
      unit: ' s',
      digits: 1,
    }),
    atLeast("the stream-writer: times the job's rate", {
      value: medianOf(writer, 'rowsPerSecond') / medianOf(job, 'rowsPerSecond'),
      goal: 2,
      digits: 1,
    }),
    atMost("the stream-writer: of the job's CPU a row", {
      value: (100 * medianOf(writer, 'cpuMicrosPerRow')) / medianOf(job, 'cpuMicrosPerRow'),
      goal: 20,
      unit: '%',
      digits: 0,
    }),
  ],
  notes: [
    'Rates of Spark are from the start of the first batch to the end of the last one; the stream-writer counts from its start. CPU is that of all ' +
      'processes of a writer, their start included: of Spark the JVM and the Pythons of driver and workers.',
  ],
  measured: { append, job, writer },
});
