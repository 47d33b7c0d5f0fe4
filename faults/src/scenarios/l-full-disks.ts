import { Nodes } from '../nodes.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import { partitions, type World } from '../world.ts';

/** Left to a service when its disk is filled, so that it is in the middle of writing when it finds no room. */
const leftBytes = 512 * 1024;

/** The disk full under Cassandra, then under Kafka; each has its room again later and is started anew, as an operator does. */
export const fullDisks: Scenario = {
  letter: 'l',
  name: 'full disks',
  stack: 'small-disks',
  recoveryLimit: 30,
  async run(world, { outageMs }) {
    const { cassandra, kafka } = world.services.disks;
    const nodes = new Nodes(world);
    world.onClose(() => {
      cassandra.free();
      kafka.free();
      return Promise.resolve();
    });
    const load = await world.load();
    const writer = await world.writer();
    load.startSteady(100);
    await world.written(await load.markers(partitions));

    cassandra.fill(leftBytes);
    await until('the writer says that Cassandra writes nothing', async () =>
      (await writer.readiness()).reasons.some((reason) => reason.startsWith('sink:')),
    );
    await elapsed(outageMs);
    if ((await world.lag()) === 0) throw new Error('Cassandra had no room, and everything was committed');
    await noLetters(world);
    cassandra.free();
    await nodes.restart('cassandra');
    const recoveries = [await world.recovery(load, performance.now())];
    await noLetters(world);

    await world.watcher.disruption();
    kafka.fill(leftBytes);
    await until('the writer says that Kafka does not answer', async () => !(await writer.readiness()).ready);
    await elapsed(outageMs);
    kafka.free();
    await nodes.restart('kafka');
    recoveries.push(await world.recovery(load, performance.now()));
    await load.stopSteady();
    return Math.max(...recoveries);
  },
};

async function noLetters(world: World): Promise<void> {
  const letters = await world.letterCount();
  if (letters > 0) throw new Error(`${letters} good records became dead letters`);
}
