import { KafkaClient } from '@sluice/kafka-client';
import type { Load } from '../load.ts';
import { Nodes } from '../nodes.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import { partitions, type World } from '../world.ts';

const brokers = [1, 2, 3];
/** As `min.insync.replicas` of three. */
const leastInSync = 2;
/**
 * Seconds after a leader was killed that is not the coordinator. A coordinator that takes the group over, or comes back, first
 * waits for the members that it knew until their session of 10 s is over.
 */
const leaderLimit = 10;

/** The leader of a partition killed in the middle of a produce, then the group's coordinator, then all brokers. */
export const brokersKilled: Scenario = {
  letter: 'a',
  name: 'brokers killed',
  stack: 'cluster',
  recoveryLimit: 30,
  async run(world, { outageMs }) {
    const nodes = new Nodes(world);
    const load = await world.load();
    const writer = await world.writer();
    load.startSteady(200);
    await world.written(await load.markers(partitions));

    const coordinator = await coordinatorOf(world);
    const leader = (await replicas(world, world.topic)).find((entry) => entry.leader !== coordinator)?.leader;
    if (leader === undefined) throw new Error('the coordinator leads every partition');
    await disrupt(world, load);
    await nodes.kill(nameOf(leader));
    const ledAgain = await led(
      world,
      brokers.filter((broker) => broker !== leader),
    );
    const recovery = await world.recovery(load, ledAgain);
    const recoveries = [recovery];
    // a broker that is starved of time for its session loses what it leads, the group as well
    const coordinatorNow = await coordinatorOf(world);
    if (recovery > leaderLimit && coordinatorNow === coordinator) {
      const took = `recovered after ${recovery.toFixed(1)} s, not within ${leaderLimit} s`;
      throw new Error(`killed leader ${leader}, coordinator ${coordinator}: ${took}`);
    }
    await elapsed(outageMs);
    await nodes.restart(nameOf(leader));
    await inSync(world);

    const ofGroup = nameOf(await coordinatorOf(world));
    await disrupt(world, load);
    const killedAt = performance.now();
    await nodes.kill(ofGroup);
    await world.written(await load.markers(partitions));
    await committed(world);
    recoveries.push((performance.now() - killedAt) / 1000);
    await elapsed(outageMs);
    await nodes.restart(ofGroup);
    await inSync(world);

    await disrupt(world, load);
    await nodes.kill(...brokers.map(nameOf));
    await elapsed(outageMs);
    await until('the writer says that Kafka does not answer', async () => !(await writer.readiness()).ready);
    const restarting = nodes.restart(...brokers.map(nameOf));
    // a failure is thrown where it is awaited, below
    restarting.catch(() => undefined);
    const backAt = await led(world, brokers);
    recoveries.push(await world.recovery(load, backAt));
    await restarting;
    await inSync(world);
    await load.stopSteady();
    return Math.max(...recoveries);
  },
};

function nameOf(broker: number): string {
  return `kafka-${broker}`;
}

/** Letters as well are under way when it happens. */
async function disrupt(world: World, load: Load): Promise<void> {
  await load.send(
    ...Array.from({ length: partitions }, (_, partition) => ({
      partition,
      value: Buffer.from('[]'),
      letter: 'not-an-object',
    })),
  );
  await world.watcher.disruption();
}

async function coordinatorOf(world: World): Promise<number> {
  const partition = coordinatorPartition(world.groupId);
  const found = (await replicas(world, '__consumer_offsets')).find((entry) => entry.partition === partition);
  if (!found) throw new Error('Kafka has no partition for the group');
  return found.leader;
}

/** Kafka puts a group into a partition by Java's hash of its name. */
function coordinatorPartition(groupId: string): number {
  const offsetsPartitions = 5;
  let hash = 0;
  for (const char of groupId) hash = (Math.imul(31, hash) + char.charCodeAt(0)) | 0;
  return (hash & 0x7fffffff) % offsetsPartitions;
}

/** Resolves when these brokers can acknowledge and commit, with the time (performance.now). */
async function led(world: World, by: readonly number[]): Promise<number> {
  await until('every partition has a leader with enough replicas', async () => {
    const found = [...(await replicas(world, world.topic)), ...(await replicas(world, '__consumer_offsets'))];
    return found.every(
      ({ leader, inSyncReplicas }) => by.includes(leader) && inSyncReplicas.length >= leastInSync,
    );
  });
  return performance.now();
}

async function inSync(world: World): Promise<void> {
  await until('every replica is in sync', async () => {
    const topics = [world.topic, world.dlqTopic, '__consumer_offsets'];
    const found = (await Promise.all(topics.map((topic) => replicas(world, topic)))).flat();
    return found.every(({ inSyncReplicas }) => inSyncReplicas.length === brokers.length);
  });
}

/** By a client of its own, which knows nothing of before. */
async function replicas(world: World, topic: string) {
  const kafka = new KafkaClient({ brokers: world.services.brokers, clientId: 'faults-probe' });
  const admin = await kafka.admin();
  try {
    return await admin.partitions(topic);
  } finally {
    await admin.close();
  }
}

/** Resolves when the group has committed what is in the topic now. */
async function committed(world: World): Promise<void> {
  const admin = await world.kafka.admin();
  try {
    const ends = new Map((await admin.offsets(world.topic)).map(({ partition, end }) => [partition, end]));
    await until('the group has committed', async () => {
      const offsets = await admin.committedOffsets(world.groupId, world.topic);
      return offsets.every(({ partition, offset }) => (offset ?? 0) >= (ends.get(partition) ?? 0));
    });
  } finally {
    await admin.close();
  }
}
