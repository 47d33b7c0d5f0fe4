import type { AppProcess } from '../app-process.ts';
import type { Load } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { type Direction, type TcpProxy, tcpProxy } from '../tcp-proxy.ts';
import { elapsed, until } from '../until.ts';
import type { World } from '../world.ts';

/** The session gives a request up after 12 s, and the consumer group a silent member after 10 s. */
const beyondTimeouts = 15_000;

/**
 * Cassandra slower than the session's time-out: once the writes come to it only after they were given up, once they are done at
 * once and the answers are held back. What timed out is written again, and must not undo what was written since.
 */
export const slowCassandra: Scenario = {
  letter: 'd',
  name: 'slow Cassandra',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const proxy = await tcpProxy('127.0.0.1', world.services.cassandra.port);
    world.onClose(() => proxy.close());
    const load = await world.load({ users: 50 });
    const writer = await world.writer({ CASSANDRA_PORT: String(proxy.port) });
    // more than the writer holds in flight: it waits inside a batch, and has to send heartbeats from there
    load.startSteady(200);
    const ms = Math.max(outageMs, beyondTimeouts);
    const recoveries = [
      await held('requests', ms, { world, load, writer, proxy }),
      await held('answers', ms, { world, load, writer, proxy }),
    ];
    await load.stopSteady();
    await world.settled();
    // heartbeats went on all the time: nobody took its partitions away
    const assignments = writer.said('partitions assigned').length;
    if (assignments !== 1) throw new Error(`partitions were assigned ${assignments} times`);
    return Math.max(...recoveries);
  },
};

async function held(
  what: Direction,
  ms: number,
  {
    world,
    load,
    writer,
    proxy,
  }: {
    readonly world: World;
    readonly load: Load;
    readonly writer: AppProcess;
    readonly proxy: TcpProxy;
  },
): Promise<number> {
  proxy.stall(what);
  const [marker] = await load.markers(1);
  await elapsed(ms);
  await until('the writer says that Cassandra does not answer', async () =>
    (await writer.readiness()).reasons.some((reason) => reason.startsWith('sink:')),
  );
  const isApplied = (await world.writeTimestamps([marker?.key ?? ''])).size > 0;
  if (isApplied !== (what === 'answers')) throw new Error(`${what} held back, and written: ${isApplied}`);
  if ((await world.lag()) === 0) throw new Error(`${what} held back, and everything committed`);
  proxy.flow();
  return world.recovery(load, performance.now());
}
