import { BenchmarkStack } from './benchmark-stack.ts';
import { benchmarkCommand, positive, progress } from './command.ts';
import { publishUsers } from './publish-users.ts';
import { finish } from './report.ts';

const { records, memory } = benchmarkCommand(
  'audit',
  'Audits a table that is right, in the memory given and in a quarter of what its keys need, so that the topic is read several\n' +
    'times. Fails where the audit finds damage.',
)
  .option('--records <count>', 'records in the topic', positive, 100_000)
  .option('--memory <size>', 'memory for the keys of one pass', '256MiB')
  .parse()
  .opts<{ records: number; memory: string }>();
/** What a key takes, see `bytesPerKey` in the audit. */
const quarterKiB = Math.ceil((records * 64) / 4 / 1024);
const place = { keyspace: 'audited', topic: 'users' };

const stack = await BenchmarkStack.start();
const rows = [];
try {
  progress(`publishing ${records} users`);
  await publishUsers(stack.brokers, { topic: place.topic, records });
  progress('writing');
  await stack.runWriter(records, place);
  for (const each of [memory, `${quarterKiB}KiB`]) {
    progress(`auditing with ${each}`);
    rows.push({ memory: each, ...(await stack.runAudit(records, place, each)) });
  }
} finally {
  await stack.stop();
}

finish({
  benchmark: 'audit',
  versions: stack.versions,
  settings: { records },
  table: rows.map((row) => ({
    memory: row.memory,
    keys: row.keys,
    rows: row.rows,
    passes: row.passes,
    seconds: (records / row.rowsPerSecond).toFixed(1),
    'records/s': Math.round(row.rowsPerSecond),
    'client CPU us/record': row.cpuMicrosPerRow.toFixed(1),
    'peak RSS MB': Math.round(row.peakRssMb),
  })),
  verdicts: [],
  notes: ['A healthy table; one run each.'],
  measured: rows,
});
