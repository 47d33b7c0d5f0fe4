import { Nodes } from '../nodes.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import { partitions } from '../world.ts';

/** One Cassandra node killed, which stops nothing; then all of them; then back, two nodes first and the third later. */
export const cassandraDown: Scenario = {
  letter: 'c',
  name: 'Cassandra nodes killed',
  stack: 'cluster',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const nodes = new Nodes(world);
    const load = await world.load();
    const writer = await world.writer();
    load.startSteady(50);
    await world.written(await load.markers(partitions));

    await nodes.kill('cassandra-3');
    const recoveries = [await world.recovery(load, performance.now())];
    await elapsed(outageMs);
    recoveries.push(await world.recovery(load, performance.now()));

    await nodes.kill('cassandra-1', 'cassandra-2');
    const [marker] = await load.markers(partitions);
    await elapsed(outageMs);
    await until('the writer says that Cassandra does not answer', async () =>
      (await writer.readiness()).reasons.some((reason) => reason.startsWith('sink:')),
    );
    if ((await world.lag()) === 0) throw new Error('all nodes down, and everything committed');

    const restarting = nodes.restart('cassandra-1', 'cassandra-2');
    // a failure is thrown where it is awaited, below
    restarting.catch(() => undefined);
    await until(
      'two nodes answer again',
      async () => (await world.writeTimestamps([marker?.key ?? ''])).size >= 0,
      { withinMs: 180_000 },
    );
    recoveries.push(await world.recovery(load, performance.now()));
    await restarting;

    await nodes.restart('cassandra-3');
    recoveries.push(await world.recovery(load, performance.now()));
    await load.stopSteady();
    return Math.max(...recoveries);
  },
};
