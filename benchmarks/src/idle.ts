import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchmarkStack } from './benchmark-stack.ts';
import { benchmarkCommand, positive, progress } from './command.ts';
import { median, spread } from './measurement.ts';
import { finish } from './report.ts';
import { atMost } from './verdict.ts';

const { seconds, rounds } = benchmarkCommand(
  'idle',
  'What producer and writer take of a core while there is nothing to do: the producer has used up what its rate limit allows and waits, the\n' +
    'writer has written all of it. By the CPU ticks of /proc, so on Linux only.',
)
  .option('--seconds <count>', 'time to watch, over all rounds', positive, 60)
  .option('--rounds <count>', 'rounds', positive, 3)
  .parse()
  .opts<{ seconds: number; rounds: number }>();

const names = ['producer', 'stream-writer'] as const;
type Name = (typeof names)[number];
const users = 500;
const withinMs = 60_000;
const settleMs = 10_000;
const place = { keyspace: 'idle' };
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const measured: Record<Name, number[]> = { producer: [], 'stream-writer': [] };

const stack = await BenchmarkStack.start();
try {
  await stack.migrate(place);
  const source = stack.startApp('random-user-server', ['serve', '--port', '0', '--json'], process.env);
  const env = {
    ...stack.env(place),
    SOURCE_URL: await addressOf(source),
    SOURCE_PAGE_SIZE: String(users),
    SOURCE_RATE_LIMIT: `${users}/1h`,
  };
  const apps: Readonly<Record<Name, ChildProcess>> = {
    producer: stack.startApp('producer', ['serve'], env),
    'stream-writer': stack.startApp('stream-writer', ['serve'], env),
  };
  progress('waiting until all that the source gives is written');
  await untilWritten();
  await delay(settleMs);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}: watching for ${(seconds / rounds).toFixed(0)} s`);
    const before = names.map((name) => cpuTicks(apps[name]));
    const startedAt = performance.now();
    await delay((seconds / rounds) * 1000);
    const elapsed = (performance.now() - startedAt) / 1000;
    for (const [index, name] of names.entries()) {
      const ticks = cpuTicks(apps[name]) - (before[index] ?? 0);
      measured[name].push((100 * ticks) / ticksPerSecond / elapsed);
    }
  }
} finally {
  await stack.stop();
}

/** Where the random-user-server says that it listens. */
async function addressOf(server: ChildProcess): Promise<string> {
  for await (const chunk of server.stdout ?? []) return (JSON.parse(String(chunk)) as { url: string }).url;
  throw new Error('the random-user-server has ended before it listened');
}

async function untilWritten(): Promise<void> {
  const session = await stack.session();
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { rows } = await session.query(`SELECT COUNT(*) AS rows FROM ${place.keyspace}.user_records`);
    if (Number(rows[0]?.rows) >= users) break;
    if (performance.now() > deadline) throw new Error(`${users} users were not written within a minute`);
    await delay(500);
  }
  await session.close();
}

/** User and system time of all threads of a process: proc(5), /proc/pid/stat, fields 14 and 15. */
function cpuTicks({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // the name, in brackets, may hold spaces; the field behind it is the third
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const together = measured.producer.map((share, round) => share + (measured['stream-writer'][round] ?? 0));
const row = (what: string, shares: readonly number[]) => ({ what, '% of a core': spread(shares, 2) });
finish({
  benchmark: 'idle',
  versions: stack.versions,
  settings: { seconds, rounds },
  table: [...names.map((name) => row(name, measured[name])), row('together', together)],
  verdicts: [
    atMost('producer and writer together take', { value: median(together), goal: 1, unit: '% of a core' }),
  ],
  measured,
});
