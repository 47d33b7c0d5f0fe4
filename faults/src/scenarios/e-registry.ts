import { avroOf } from '../avro.ts';
import type { Load } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { tcpProxy } from '../tcp-proxy.ts';
import { elapsed, until } from '../until.ts';
import { partitions, type World } from '../world.ts';

/** Ids of Apicurio are small. */
const unknownId = 1_999_999_999;

/** The schema registry away at the start and midway, hung, and asked for an id that it does not know. */
export const registry: Scenario = {
  letter: 'e',
  name: 'schema registry',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const proxy = await tcpProxy('127.0.0.1', Number(new URL(world.services.registryUrl).port));
    world.onClose(() => proxy.close());
    const env = { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${proxy.port}` };
    const recoveries: number[] = [];

    const first = await world.load({ encode: await world.avro('first') });
    await first.burst(400);
    await proxy.cut();
    const writer = world.startWriter(env);
    await until('the writer says that the registry is away', async () =>
      (await writer.readiness()).reasons.some((reason) => reason.startsWith('decode:registry-')),
    );
    if ((await world.lag()) === 0) throw new Error('records were committed that nobody could read');
    await proxy.restore();
    recoveries.push(await world.recovery(first, performance.now()));

    const json = await world.load({ seed: 2 });
    const second = await world.load({ seed: 3, encode: await world.avro('second') });
    await proxy.cut();
    await Promise.all([first.burst(400), second.burst(400), json.burst(400)]);
    await elapsed(outageMs);
    await stillHeld(world, 'away midway');
    await proxy.restore();
    recoveries.push(await world.recovery(second, performance.now()));

    const hung = await world.load({ seed: 4, encode: await world.avro('third') });
    proxy.stall('answers');
    await Promise.all([first.burst(400), hung.burst(400)]);
    await elapsed(outageMs);
    await stillHeld(world, 'hung');
    proxy.flow();
    recoveries.push(await world.recovery(hung, performance.now()));

    await unknownSchemas(world, first);
    return Math.max(...recoveries);
  },
};

async function stillHeld(world: World, how: string): Promise<void> {
  if ((await world.lag()) === 0) throw new Error(`registry ${how}: everything was committed`);
  const letters = await world.letterCount();
  if (letters > 0) throw new Error(`registry ${how}: ${letters} good records became dead letters`);
}

/** Held for a while, since a replica of the registry may be behind, and then dead letters. */
async function unknownSchemas(world: World, others: Load): Promise<void> {
  const lost = await world.load({ seed: 5, encode: avroOf(unknownId) });
  const bad = Array.from({ length: 2 * partitions }, (_, i) => ({
    partition: i % partitions,
    letter: 'unknown-schema',
  }));
  await Promise.all([lost.send(...bad), others.burst(200)]);
  await until(
    'the records of the unknown schema are dead letters',
    async () => (await world.letterCount()) >= bad.length,
  );
}
