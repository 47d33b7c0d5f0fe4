import type { Scenario } from '../scenario.ts';
import type { SpecialRecord } from '../load.ts';
import { until } from '../until.ts';
import { partitions, type World } from '../world.ts';

/** The first record of each partition. */
const poison: readonly SpecialRecord[] = Array.from({ length: partitions }, (_, partition) => ({
  partition,
  value: Buffer.from('{'),
  letter: 'bad-json',
}));

/**
 * The topic is deleted and recreated beside its dead-letter topic, under a running writer. What cannot be processed has the same
 * partitions and offsets in both: dead letters of the earlier topic must neither hide those of the new one nor be taken for them.
 */
export const recreatedTopic: Scenario = {
  letter: 'q',
  name: 'topic recreated beside its dead letters',
  stack: 'single',
  recoveryLimit: 10,
  async run(world) {
    const load = await world.load({ users: 20 });
    await world.writer({ OFFSET_OUT_OF_RANGE: 'earliest' });
    await load.send(...poison);
    await load.burst(100);
    await world.settled();
    await recreated(world);
    await load.send(...poison);
    // so many that each of the users has a record in the new topic: the audit knows of no other
    await load.burst(400);
    await world.settled();
    await audited(world, { letters: partitions, formerLetters: partitions });

    await redriven(world, [], { sent: partitions, former: partitions });
    await world.settled();
    await redriven(world, ['--former-topics'], { sent: partitions, former: 0 });
    await world.settled();
    // each record that was sent back has failed again, where it is now
    await audited(world, { letters: 3 * partitions, formerLetters: partitions });
    return undefined;
  },
};

async function recreated(world: World): Promise<void> {
  await world.keepRecords();
  await world.watcher.whileMadeAnew(async () => {
    const admin = await world.kafka.admin();
    world.onClose(() => admin.close());
    await admin.deleteTopic(world.topic);
    await until('the topic is deleted', async () => !(await admin.topics()).includes(world.topic));
    await world.run('stream-writer', ['migrate']);
    await until('the group has forgotten the earlier topic', async () =>
      (await admin.committedOffsets(world.groupId, world.topic)).every(({ offset }) => (offset ?? 0) === 0),
    );
  });
}

async function audited(world: World, expected: Record<string, number>): Promise<void> {
  const { summary } = await world.run('stream-writer', ['audit', '--json']);
  for (const [name, count] of Object.entries(expected))
    if (summary[name] !== count) throw new Error(`audit: ${name} is ${String(summary[name])}, not ${count}`);
}

async function redriven(
  world: World,
  options: readonly string[],
  expected: { readonly sent: number; readonly former: number },
): Promise<void> {
  const { summary } = await world.run('stream-writer', ['redrive', ...options, '--json']);
  const skipped = summary.skipped as Record<string, number>;
  const found = { sent: summary.sent, former: skipped['former-topic'] ?? 0 };
  if (found.sent !== expected.sent || found.former !== expected.former)
    throw new Error(
      `redrive ${options.join(' ')}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
    );
}
