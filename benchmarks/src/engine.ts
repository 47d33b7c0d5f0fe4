import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { KafkaClient } from '@sluice/kafka-client';
import { startStack } from '@sluice/local-stack';
import { spread } from './measurement.ts';
import { type MessageFormat, publishUsers } from './publish-users.ts';

const program = new Command('benchmarks:engine')
  .description(
    'The engine alone: takes a topic of users through fetch, decode, validate, enrich and plan to a sink that accepts at once.',
  )
  .option('--records <count>', 'records in each topic', '300000')
  .option('--rounds <count>', 'rounds of each', '3')
  .parse();
const options = program.opts<{ records: string; rounds: string }>();
const records = Number(options.records);
const rounds = Number(options.rounds);
const formats: readonly MessageFormat[] = ['json', 'avro'];
/** The heap that the start commands of the apps set. */
const heap = ['--max-semi-space-size=4', '--max-old-space-size=96'];

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

const measured: Record<MessageFormat, Run[]> = { json: [], avro: [] };
const dataDir = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
const progress = (line: string) => process.stderr.write(`${line}\n`);
const stack = await startStack({ services: ['kafka'], dataDir, onProgress: progress });
try {
  const brokers = stack.endpoints.kafka?.brokers ?? [];
  const admin = await new KafkaClient({ brokers, clientId: 'benchmarks' }).admin();
  for (const format of formats) {
    await admin.createTopic({ topic: `users_${format}`, partitions: 4, replicationFactor: 1 });
    await publishUsers(brokers, `users_${format}`, records, format);
  }
  await admin.close();
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const format of formats) measured[format].push(await run(brokers, `users_${format}`));
  }
} finally {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

console.table(
  formats.map((format) => ({
    '': format,
    'records/s': spread(
      measured[format].map(({ seconds }) => records / seconds),
      0,
    ),
    'CPU us/record': spread(
      measured[format].map(({ cpuSeconds }) => (cpuSeconds * 1e6) / records),
      1,
    ),
    'peak RSS MB': spread(
      measured[format].map(({ peakRssMb }) => peakRssMb),
      0,
    ),
  })),
);
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
console.log(`${records} records, ${machine}`);
mkdirSync(join(import.meta.dirname, '..', 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, '..', 'results', 'engine.json'),
  `${JSON.stringify({ benchmark: 'engine', machine, records, measured }, null, 2)}\n`,
);

async function run(brokers: readonly string[], topic: string): Promise<Run> {
  const file = join(import.meta.dirname, 'engine-run.ts');
  const args = [...heap, '--conditions=@sluice/source', file, topic, String(records)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, KAFKA_BROKERS: brokers.join(',') },
  });
  return JSON.parse(stdout) as Run;
}
