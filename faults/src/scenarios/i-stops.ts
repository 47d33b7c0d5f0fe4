import { apiKeys, KafkaProxy } from '../kafka-proxy.ts';
import type { Scenario } from '../scenario.ts';
import { type TcpProxy, tcpProxy } from '../tcp-proxy.ts';
import { until } from '../until.ts';
import { partitions, type World } from '../world.ts';
import type { Load } from '../load.ts';

/**
 * SIGTERM in the middle of a batch, a second SIGTERM, the deadline of a stop, and SIGKILL before the write, between write and
 * commit, and after the commit.
 */
export const stops: Scenario = {
  letter: 'i',
  name: 'stops and kills',
  stack: 'single',
  // a member that was killed is missed by its group only when its session of 10 s has run out
  recoveryLimit: 30,
  async run(world) {
    const load = await world.load();
    const ways = await openWays(world);
    await terminated(world, load, ways);
    await terminatedTwice(world, load, ways);
    await killedBeforeWrite(world, load, ways);
    await killedBeforeCommit(world, load, ways);
    await killedAfterCommit(world, load, ways);
    const started = performance.now();
    await world.writer(ways.env);
    return world.recovery(load, started);
  },
};

interface Ways {
  readonly cassandra: TcpProxy;
  readonly kafka: KafkaProxy;
  /** Leads the writer through them. */
  readonly env: Readonly<Record<string, string>>;
}

const burst = 500;

async function openWays(world: World): Promise<Ways> {
  const { services } = world;
  const cassandra = await tcpProxy('127.0.0.1', services.cassandra.port);
  const kafka = await KafkaProxy.open(services.brokers);
  world.onClose(() => cassandra.close());
  world.onClose(() => kafka.close());
  const env = { CASSANDRA_PORT: String(cassandra.port), KAFKA_BROKERS: kafka.brokers.join(',') };
  return { cassandra, kafka, env };
}

/** What is in flight is finished and committed, and the exit code is 0. */
async function terminated(world: World, load: Load, { cassandra, env }: Ways): Promise<void> {
  const writer = await world.writer(env);
  await load.burst(burst);
  cassandra.stall('answers');
  await load.burst(burst);
  await until('records are in flight', () => cassandra.isHolding);
  writer.signal('SIGTERM');
  await writer.logged('stopping');
  cassandra.flow();
  const code = await writer.ended;
  if (code !== 0) throw new Error(`SIGTERM: exit code ${String(code)}, not 0`);
  const { abandoned } = writer.summary;
  if (abandoned !== 0) throw new Error(`SIGTERM: ${String(abandoned)} records given up`);
}

/** A second SIGTERM ends it at once, whatever is in flight. */
async function terminatedTwice(world: World, load: Load, { cassandra, env }: Ways): Promise<void> {
  const writer = await world.writer(env);
  cassandra.stall('requests');
  await load.burst(burst);
  await until('records are in flight', () => cassandra.isHolding);
  await world.watcher.disruption();
  writer.signal('SIGTERM');
  await writer.logged('stopping');
  const asked = performance.now();
  writer.signal('SIGTERM');
  const code = await writer.ended;
  const seconds = (performance.now() - asked) / 1000;
  cassandra.flow();
  if (code !== 1) throw new Error(`second SIGTERM: exit code ${String(code)}, not 1`);
  if (seconds > 2) throw new Error(`second SIGTERM: ended only after ${seconds.toFixed(1)} s`);
}

async function killedBeforeWrite(world: World, load: Load, { cassandra, env }: Ways): Promise<void> {
  const writer = await world.writer(env);
  await world.settled();
  cassandra.stall('requests');
  await load.burst(burst);
  const markers = await load.markers(1);
  await until('records are in flight', () => cassandra.isHolding);
  await world.watcher.disruption();
  await writer.kill();
  // what was held back would reach Cassandra still, as from a slow network
  await cassandra.cut();
  cassandra.flow();
  await cassandra.restore();
  if ((await world.writeTimestamps(markers.flatMap(({ key }) => key ?? []))).size > 0)
    throw new Error('killed before the write, and written');
}

async function killedBeforeCommit(world: World, load: Load, { kafka, env }: Ways): Promise<void> {
  const writer = await world.writer(env);
  await world.settled();
  kafka.fault = { holdsRequest: (apiKey) => apiKey === apiKeys.offsetCommit };
  await load.burst(burst);
  await world.written(await load.markers(partitions));
  await world.watcher.disruption();
  await writer.kill();
  kafka.fault = {};
  if ((await world.lag()) === 0) throw new Error('killed before the commit, and committed');
}

async function killedAfterCommit(world: World, load: Load, { env }: Ways): Promise<void> {
  const writer = await world.writer(env);
  await load.burst(burst);
  await world.settled();
  await world.watcher.disruption();
  await writer.kill();
}
