import type { KafkaAdmin } from '@sluice/kafka-client';
import type { AppProcess } from '../app-process.ts';
import type { Load } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import { partitions, type World } from '../world.ts';

const morePartitions = partitions + 2;
/** A writer looks for new partitions every minute. */
const noticedWithinMs = 90_000;

/** The topic changes under the writer: partitions are added, records deleted before they are read, and the topic made anew. */
export const topicChanges: Scenario = {
  letter: 'm',
  name: 'topic changes',
  stack: 'single',
  recoveryLimit: 10,
  async run(world) {
    const admin = await world.kafka.admin();
    world.onClose(() => admin.close());
    const load = await world.load();
    const first = await world.writer();
    await load.burst(400);
    await partitionsAdded(world, load, admin);
    await terminated(world, first);

    await outOfRange(world, admin);
    await endsWithAnError(world, admin);
    const second = await world.writer({ OFFSET_OUT_OF_RANGE: 'earliest' });
    await load.burst(100);
    await terminated(world, second);

    await outOfRange(world, admin);
    const third = await world.writer({ OFFSET_OUT_OF_RANGE: 'latest' });
    await load.burst(100);
    await terminated(world, third);

    await world.writer({ OFFSET_OUT_OF_RANGE: 'earliest' });
    await load.burst(100);
    await madeAnew(world, admin);
    const recovery = await world.recovery(load, performance.now());
    await load.burst(400);
    return recovery;
  },
};

async function terminated(world: World, writer: AppProcess): Promise<void> {
  await world.settled();
  writer.signal('SIGTERM');
  const code = await writer.ended;
  if (code !== 0) throw new Error(`SIGTERM: exit code ${String(code)}, not 0`);
}

/** What comes into them is written, and what is poison there becomes a letter, though the dead-letter topic has fewer. */
async function partitionsAdded(world: World, load: Load, admin: KafkaAdmin): Promise<void> {
  await admin.addPartitions(world.topic, morePartitions);
  const added = Array.from({ length: morePartitions }, (_, partition) => ({ partition })).slice(partitions);
  await load.send(...added.map((at) => ({ ...at, value: Buffer.from('{'), letter: 'bad-json' })));
  await world.written(await load.send(...added, ...added), noticedWithinMs);
}

/** Everything is written; then the group is set back to where records are deleted. */
async function outOfRange(world: World, admin: KafkaAdmin): Promise<void> {
  await world.keepRecords();
  await world.watcher.rewind();
  await world.run('stream-writer', ['offsets', '--to', 'earliest', '--yes', '--json']);
  const offsets = await admin.offsets(world.topic);
  const halves = offsets.slice(0, partitions).map(({ partition, begin, end }) => {
    if (begin === end) throw new Error(`partition ${partition} has no records to delete`);
    return [partition, Math.ceil((begin + end) / 2)] as const;
  });
  await admin.deleteRecords(world.topic, new Map(halves));
}

/** Which is the default: to skip records is for a person to decide. */
async function endsWithAnError(world: World, admin: KafkaAdmin): Promise<void> {
  const writer = world.startWriter();
  const code = await writer.ended;
  if (code !== 1) throw new Error(`out of range: exit code ${String(code)}, not 1`);
  if (!writer.log.some(({ msg = '' }) => msg.includes('holds')))
    throw new Error('out of range: the writer does not say what the topic holds');
  const lag = await admin.lag(world.groupId, world.topic);
  for (const { partition, committed, begin } of lag.slice(0, partitions))
    if (committed === null || committed >= begin)
      throw new Error(`out of range: ${String(committed)} was committed in partition ${partition}`);
}

/** Deletes the topic and creates it again, with the number of partitions that it had at first, while the writer runs. */
async function madeAnew(world: World, admin: KafkaAdmin): Promise<void> {
  await world.settled();
  await world.keepRecords();
  await world.watcher.whileMadeAnew(async () => {
    await admin.deleteTopic(world.topic);
    await until('the topic is gone', async () => !(await admin.topics()).includes(world.topic));
    await world.run('stream-writer', ['migrate']);
    await until('the group has forgotten the topic that was there before', async () =>
      (await admin.committedOffsets(world.groupId, world.topic)).every(({ offset }) => (offset ?? 0) === 0),
    );
  });
}
