import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { benchmarkCommand, positive, progress } from './command.ts';
import { createTopic } from './create-topic.ts';
import { runJavaProducer } from './java-producer.ts';
import { withKafka } from './kafka-alone.ts';
import { median, spread } from './measurement.ts';
import type { ProducerJob, ProducerRun } from './producer-messages.ts';
import { finish } from './report.ts';
import { atLeast } from './verdict.ts';

const { records, rounds } = benchmarkCommand(
  'producer',
  'Users of the source as the producer takes them: mapped, validated, encoded as JSON and sent; next to bare kafkajs, which sends the same messages\n' +
    "made ready before, and Kafka's own ProducerPerformance for scale. All wait for every in-sync replica, with idempotence.",
)
  .option('--records <count>', 'records in each round, after a tenth as many to warm up', positive, 150_000)
  .option('--rounds <count>', 'rounds of each', positive, 5)
  .parse()
  .opts<{ records: number; rounds: number }>();

const warmUp = Math.ceil(records / 10);
const page = 500;
const runners = { 'the producer': 'producer-ours.ts', 'bare kafkajs': 'producer-bare.ts' } as const;
type Runner = keyof typeof runners;
const names = Object.keys(runners) as Runner[];
const measured: Record<Runner, ProducerRun[]> = { 'the producer': [], 'bare kafkajs': [] };
const java: number[] = [];

const versions = await withKafka(async ({ brokers, versions: found }) => {
  let topics = 0;
  const newTopic = async () => {
    const topic = `users-${++topics}`;
    await createTopic(brokers, topic);
    return topic;
  };
  const run = async (runner: Runner) =>
    runProcess(runners[runner], { brokers, topic: await newTopic(), records, warmUp, page });
  progress('warming up');
  for (const runner of names) await run(runner);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const runner of names) measured[runner].push(await run(runner));
    java.push(await runJavaProducer(brokers, { topic: await newTopic(), records }));
  }
  return found;
});

async function runProcess(file: string, job: ProducerJob): Promise<ProducerRun> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(job)], {
    execArgv: ['--conditions=@sluice/source'],
    // bare kafkajs starts timers with negative times, of which Node warns
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let result: ProducerRun | undefined;
  child.on('message', (message: ProducerRun) => {
    result = message;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (!result) throw new Error(`${file} ended with exit code ${String(code)}, see above`);
  return result;
}

const of = (runner: Runner, what: keyof ProducerRun) => measured[runner].map((run) => run[what]);
finish({
  benchmark: 'producer',
  versions,
  settings: { records, rounds, 'records of a page': page, partitions: 4 },
  table: [
    ...names.map((runner) => ({
      client: runner,
      'records/s': spread(of(runner, 'recordsPerSecond'), 0),
      'CPU us/record': spread(of(runner, 'cpuMicrosPerRecord'), 1),
    })),
    { client: "Kafka's ProducerPerformance", 'records/s': spread(java, 0), 'CPU us/record': '' },
  ],
  verdicts: [
    atLeast('the producer in terms of bare kafkajs:', {
      value: median(of('the producer', 'recordsPerSecond')) / median(of('bare kafkajs', 'recordsPerSecond')),
      goal: 0.9,
      unit: 'x',
    }),
  ],
  notes: [
    'ProducerPerformance sends messages of the same size without keys or headers, its start and a cold JVM included.',
  ],
  measured: { ...measured, "Kafka's ProducerPerformance": java },
});
