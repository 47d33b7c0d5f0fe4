import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BenchmarkStack } from './benchmark-stack.ts';
import { benchmarkCommand, positive, progress } from './command.ts';
import type { LatencyJob, LatencyRun } from './latency-messages.ts';
import { quantileOf, spread } from './measurement.ts';
import { publishUsers } from './publish-users.ts';
import { finish } from './report.ts';
import { atLeast, atMost, type Verdict } from './verdict.ts';

const { seconds, rounds } = benchmarkCommand(
  'latency',
  'The time from handing a record to the producer until its row can be read from Cassandra, at 500 and at 2,000 records a second, as a process\n' +
    'of its own sees it that samples at most 50 keys a second. Beside it, at the same time, the floor: one produce, one insert and one read,\n' +
    'one after the other.',
)
  .option('--seconds <count>', 'time at each rate, over all rounds', positive, 60)
  .option('--rounds <count>', 'rounds of each rate', positive, 3)
  .parse()
  .opts<{ seconds: number; rounds: number }>();

const rates = [500, 2_000] as const;
type Rate = (typeof rates)[number];
const warmUpSeconds = 3;
const warmUpRecords = 60_000;
const flow = { keyspace: 'flow', topic: 'users' };
const floor = { keyspace: 'floor', topic: 'floor' };

interface Round {
  readonly flow: LatencyRun;
  readonly floor: LatencyRun;
}
const measured: Record<Rate, Round[]> = { 500: [], 2_000: [] };
let next = warmUpRecords;

const stack = await BenchmarkStack.start();
try {
  await stack.migrate(floor);
  progress(`warming up: writing ${warmUpRecords} records`);
  await publishUsers(stack.brokers, { topic: flow.topic, records: warmUpRecords });
  await stack.runWriter(warmUpRecords, flow);
  const writer = stack.startApp('stream-writer', ['serve'], stack.env(flow));
  for (let round = 1; round <= rounds; round += 1) {
    for (const rate of rates) {
      progress(`round ${round} of ${rounds}: ${rate} records/s`);
      measured[rate].push(await measure(rate));
    }
  }
  await stack.stopApp(writer);
} finally {
  await stack.stop();
}

async function measure(rate: Rate): Promise<Round> {
  const job: LatencyJob = { rate, warmUpSeconds, seconds: seconds / rounds + warmUpSeconds, from: next };
  next += Math.ceil(job.rate * job.seconds);
  const [ofFlow, ofFloor] = await Promise.all([
    runProcess('latency-reader.ts', job, stack.env(flow)),
    runProcess('latency-floor.ts', job, stack.env(floor)),
  ]);
  return { flow: ofFlow, floor: ofFloor };
}

async function runProcess(file: string, job: LatencyJob, env: NodeJS.ProcessEnv): Promise<LatencyRun> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(job)], {
    execArgv: ['--conditions=@sluice/source'],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let result: LatencyRun | undefined;
  child.on('message', (message: LatencyRun) => {
    result = message;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (!result) throw new Error(`${file} ended with exit code ${String(code)}, see above`);
  return result;
}

const all = (rate: Rate, whose: keyof Round) => measured[rate].flatMap((round) => round[whose].latencies);
const quantileIn = (rate: Rate, whose: keyof Round, q: number) =>
  spread(
    measured[rate].map((round) => quantileOf(round[whose].latencies, q)),
    1,
  );

finish({
  benchmark: 'latency',
  versions: stack.versions,
  settings: { 'seconds at each rate': seconds, rounds, 'warm-up seconds of each round': warmUpSeconds },
  table: rates.flatMap((rate) =>
    (['flow', 'floor'] as const).map((whose) => ({
      'records/s': rate,
      what: whose === 'flow' ? 'produce to readable' : 'floor: produce, insert, read',
      samples: all(rate, whose).length,
      'p50 ms': quantileIn(rate, whose, 0.5),
      'p99 ms': quantileIn(rate, whose, 0.99),
      'max ms': Math.max(...all(rate, whose)).toFixed(1),
    })),
  ),
  verdicts: rates.flatMap(verdictsOf),
  notes: [
    'Percentiles: median and range of the rounds. The goals are judged by all samples of a rate, each percentile against the same one of the floor.',
  ],
  measured,
});

function verdictsOf(rate: Rate): Verdict[] {
  const quantile = (whose: keyof Round, q: number) => quantileOf(all(rate, whose), q);
  const [p50, p99] = [quantile('flow', 0.5), quantile('flow', 0.99)];
  const reached = Math.min(...measured[rate].map((round) => round.flow.rate));
  return [
    atLeast(`${rate} records/s: reached`, { value: reached, goal: rate * 0.95, unit: '/s', digits: 0 }),
    atMost(`${rate} records/s: p50`, { value: p50, goal: 10, unit: ' ms', digits: 1 }),
    atMost(`${rate} records/s: p50 in terms of the floor`, {
      value: p50 / quantile('floor', 0.5),
      goal: 2,
      unit: 'x',
    }),
    atMost(`${rate} records/s: p99 in terms of the floor`, {
      value: p99 / quantile('floor', 0.99),
      goal: 4,
      unit: 'x',
    }),
  ];
}
