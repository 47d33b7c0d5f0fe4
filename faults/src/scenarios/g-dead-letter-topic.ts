import type { AppProcess } from '../app-process.ts';
import type { Load } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import { partitions, type World } from '../world.ts';

/** Configuration of a topic for which every message is too large. */
const takesNothing = { 'max.message.bytes': '100' };

/** The dead-letter topic is missing, then there and not writable: the writer stops before it loses a letter. */
export const deadLetterTopic: Scenario = {
  letter: 'g',
  name: 'dead-letter topic',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const load = await world.load();
    const writer = await world.writer();
    await load.burst(400);
    await world.settled();

    const admin = await world.kafka.admin();
    world.onClose(() => admin.close());
    await admin.deleteTopic(world.dlqTopic);
    load.startSteady(50);
    await heldUp(world, load, writer, outageMs);

    const { dlqTopic: topic } = world;
    await admin.createTopic({ topic, partitions, replicationFactor: 1, config: takesNothing });
    await heldUp(world, load, writer, outageMs);

    await admin.deleteTopic(world.dlqTopic);
    await until('the topic is gone', async () => !(await admin.topics()).includes(world.dlqTopic));
    await world.run('stream-writer', ['migrate']);
    const since = performance.now();
    const recovery = await world.recovery(load, since);
    // good records are written all the time; what was held up are letters
    await until('the letters are sent', async () => (await world.letterCount()) >= 4 * partitions);
    return Math.max(recovery, (performance.now() - since) / 1000);
  },
};

/** Sends letters to each partition; none of them may be passed by a commit. */
async function heldUp(world: World, load: Load, writer: AppProcess, outageMs: number): Promise<void> {
  const bad = Array.from({ length: 2 * partitions }, (_, i) => ({
    partition: i % partitions,
    value: Buffer.from('not JSON'),
    letter: 'bad-json',
  }));
  await load.send(...bad);
  await elapsed(outageMs);
  await until('the writer says that dead letters cannot be sent', async () =>
    (await writer.readiness()).reasons.some((reason) => reason.startsWith('dead-letters:')),
  );
  const admin = await world.kafka.admin();
  const lag = await admin.lag(world.groupId, world.topic);
  await admin.close();
  for (const { partition, lag: behind } of lag)
    if (behind < bad.length / partitions) throw new Error(`partition ${partition} went past its bad records`);
}
