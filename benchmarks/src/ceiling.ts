// The driver alone: prepares the batches of N user rows, then sends them against the clock, a lump at a time so that memory holds
// them. Only the sending counts. Prints one JSON object.
import { CassandraSession, tableFromSchema } from '@sluice/cassandra-repository';
import { prepareBatches, sendBatches } from '@sluice/cassandra-repository/testing';
import { enrichUser, type UserRow, userRowSchema } from '@sluice/user-schema';
import { peakRssMb } from './peak-rss.ts';
import { userOf } from './users.ts';

const lump = 50_000;
const records = Number(process.argv[2]);
const session = await CassandraSession.connect({
  contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
  port: Number(process.env.CASSANDRA_PORT),
  localDataCenter: 'datacenter1',
});
const table = tableFromSchema(userRowSchema, {
  keyspace: process.env.CASSANDRA_KEYSPACE ?? '',
  table: 'user_records',
  partitionKey: ['uuid'],
});
const now = Date.now();
let seconds = 0;
let cpuMicros = 0;
for (let from = 0; from < records; from += lump) {
  const mutations = Array.from({ length: Math.min(lump, records - from) }, (_, index) => {
    const number = from + index;
    return {
      kind: 'upsert' as const,
      row: enrichUser(userOf(number), { partition: 0, offset: BigInt(number), timestamp: now }),
      writeTimestamp: now * 1000 + number,
    };
  });
  const batches = await prepareBatches<UserRow>(session, table, mutations);

  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  await sendBatches(session, batches);
  seconds += (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuMicros += user + system;
}
console.log(JSON.stringify({ seconds, cpuSeconds: cpuMicros / 1e6, peakRssMb: peakRssMb() }));
await session.close();
