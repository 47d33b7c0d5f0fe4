import type { AppProcess } from '../app-process.ts';
import type { Load } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { tcpProxy } from '../tcp-proxy.ts';
import { elapsed, until } from '../until.ts';
import { partitions, type World } from '../world.ts';

const rounds = 4;
/** How long a member stays. */
const staysMs = 3_000;
/** The group misses a silent member after 10 s. */
const beyondSession = 15_000;
/** Delay of each answer of Cassandra, so that batches are in flight whenever partitions move. */
const slowMs = 100;

/**
 * Writers that join and leave every few seconds in the middle of batches, some of them without a word, and one that stands
 * still for longer than its session and then goes on with what it had in hand.
 */
export const rebalances: Scenario = {
  letter: 'h',
  name: 'rebalances',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const proxy = await tcpProxy('127.0.0.1', world.services.cassandra.port);
    world.onClose(() => proxy.close());
    proxy.slowDown(slowMs);
    const slow = { CASSANDRA_PORT: String(proxy.port) };
    const load = await world.load({ users: 100 });
    const first = await world.writer(slow);
    load.startSteady(100);
    for (let round = 0; round < rounds; round += 1) {
      await world.watcher.disruption();
      const guest = await world.writer(slow);
      await poison(load);
      await elapsed(staysMs);
      await leave(world, guest, round);
    }

    await world.watcher.disruption();
    const second = await world.writer();
    await poison(load);
    await world.watcher.disruption();
    first.signal('SIGSTOP');
    await elapsed(Math.max(outageMs, beyondSession));
    await world.written(await load.markers(partitions));
    await poison(load);
    await world.watcher.disruption();
    const assignments = first.said('partitions assigned').length;
    first.signal('SIGCONT');
    const recovery = await world.recovery(load, performance.now());
    await until(
      'the member that stood still is back',
      () => first.said('partitions assigned').length > assignments,
    );
    if (!second.isRunning || !first.isRunning) throw new Error('a writer has ended by itself');
    return recovery;
  },
};

/** Every second one is killed. */
async function leave(world: World, guest: AppProcess, round: number): Promise<void> {
  await world.watcher.disruption();
  if (round % 2 === 1) return guest.kill();
  guest.signal('SIGTERM');
  const code = await guest.ended;
  if (code !== 0) throw new Error(`a writer that left exited with ${String(code)}`);
}

async function poison(load: Load): Promise<void> {
  await load.send(
    ...Array.from({ length: partitions }, (_, partition) => ({
      partition,
      value: Buffer.from('[]'),
      letter: 'not-an-object',
    })),
  );
}
