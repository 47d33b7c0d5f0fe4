// Starts the load, and asks Cassandra for the row of each sample until it is there. Tells its parent how long that took.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CassandraSession } from '@sluice/cassandra-repository';
import type { FromLoad, LatencyRun, Sample } from './latency-messages.ts';
import { sharedClock } from './shared-clock.ts';

/** Between two questions for the same row: the reading must not become the load. */
const pauseMs = 1;
const giveUpMs = 30_000;
const session = await CassandraSession.connect({
  contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
  port: Number(process.env.CASSANDRA_PORT),
  localDataCenter: 'datacenter1',
});
const select = `SELECT uuid FROM ${process.env.CASSANDRA_KEYSPACE ?? ''}.user_records WHERE uuid = ?`;
const latencies: number[] = [];
const waiting: Promise<void>[] = [];
let rate = 0;

async function untilReadable({ uuid, sentAt, warmUp }: Sample): Promise<void> {
  for (;;) {
    const { rows } = await session.query(select, [uuid]);
    const ms = sharedClock() - sentAt;
    if (rows.length > 0) {
      if (!warmUp) latencies.push(ms);
      return;
    }
    if (ms > giveUpMs) throw new Error(`a record is not readable after ${giveUpMs / 1000} s`);
    await delay(pauseMs);
  }
}

const load = fork(join(import.meta.dirname, 'latency-load.ts'), process.argv.slice(2), {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
load.on('message', (message: FromLoad) => {
  if (message.kind === 'sample') waiting.push(untilReadable(message.sample));
  else rate = message.sent;
});
const [code] = (await once(load, 'exit')) as [number | null];
if (code !== 0) throw new Error(`the load ended with exit code ${String(code)}, see above`);
await Promise.all(waiting);
await session.close();
process.send?.({ latencies, rate } satisfies LatencyRun);
process.disconnect();
