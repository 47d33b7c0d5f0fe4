import type { AppProcess } from '../app-process.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed } from '../until.ts';
import { partitions, type World } from '../world.ts';

const hotRecords = 20_000;
/** Users of the hot partition; the mix has lower numbers. */
const firstUser = 10_000;
const hotUsers = 2_000;

/** Records a second of the long run. */
const steadyRate = 100;
const minuteMs = 60_000;
/** How much more memory the writer may have at the end of it. */
const mostGrowth = 0.05;

/** One hot key, then one hot partition, behind which the others must not wait; in the long form a steady rate and flat memory. */
export const hotAndLong: Scenario = {
  letter: 'o',
  name: 'hot key, hot partition, soak',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { soakMs }) {
    const hotKey = await world.load({ users: 1, seed: 2 });
    const load = await world.load();
    const writer = await world.writer();
    await load.burst(400);
    const updates = hotKey.burst(hotRecords);
    const recoveries = [await world.recovery(load, performance.now())];
    await updates;
    await world.settled();

    const hotPartition = await world.load({ seed: 3 });
    const records = Array.from({ length: hotRecords }, (_, i) => ({
      user: firstUser + (i % hotUsers),
      partition: 0,
    }));
    await hotPartition.send(...records);
    // the others have a way around the hot one
    const since = performance.now();
    const others = Array.from({ length: partitions - 1 }, (_, i) => ({ partition: i + 1 }));
    await world.written(await load.send(...others));
    recoveries.push((performance.now() - since) / 1000);
    await world.settled();

    if (soakMs > 0) await soak(world, writer, soakMs);
    return Math.max(...recoveries);
  },
};

async function soak(world: World, writer: AppProcess, ms: number): Promise<void> {
  const load = await world.load({ users: 1_000, seed: 4 });
  load.startSteady(steadyRate);
  await elapsed(5 * minuteMs);
  const before = await medianMemory(writer);
  await elapsed(ms - 7 * minuteMs);
  const after = await medianMemory(writer);
  await load.stopSteady();
  const growth = after / before - 1;
  if (growth > mostGrowth)
    throw new Error(
      `the writer's RSS grew by ${(100 * growth).toFixed(1)} %, from ${before} KiB after 5 minutes to ${after} KiB`,
    );
}

/** RSS over a minute, KiB: a single look may come right before the garbage is collected, or right after. */
async function medianMemory(writer: AppProcess): Promise<number> {
  const seen: number[] = [];
  for (let look = 0; look < 60; look += 1) {
    seen.push(await writer.memory());
    await elapsed(minuteMs / 60);
  }
  return seen.sort((a, b) => a - b)[seen.length / 2] ?? 0;
}
