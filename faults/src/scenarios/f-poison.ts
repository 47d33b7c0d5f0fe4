import type { AppProcess } from '../app-process.ts';
import type { Load, SpecialRecord } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import { userOf, uuidOf } from '../user.ts';
import type { World } from '../world.ts';

const largeBytes = 5_000_000;

/**
 * A table dropped and a grant revoked midway, which pause the writer and make no dead letter; then poison of every kind among good
 * records, which pauses nothing.
 */
export const poison: Scenario = {
  letter: 'f',
  name: 'poison, dropped table, revoked grant',
  stack: 'single',
  recoveryLimit: 10,
  topicConfig: { 'max.message.bytes': '6291456' },
  async run(world, { outageMs }) {
    const role = await createRole(world);
    const env = { CASSANDRA_USERNAME: role, CASSANDRA_PASSWORD: role };
    const load = await world.load();
    const writer = await world.writer(env);
    await load.burst(400);
    await world.settled();
    const recoveries = [
      await tableDropped(world, load, writer, outageMs),
      await grantRevoked(world, load, writer, { role, outageMs }),
    ];

    // what was written before the table was dropped is in the topic still
    writer.signal('SIGTERM');
    const code = await writer.ended;
    if (code !== 0) throw new Error(`SIGTERM: exit code ${String(code)}, not 0`);
    await world.watcher.rewind();
    await world.run('stream-writer', ['offsets', '--to', 'earliest', '--yes', '--json']);
    await world.writer(env);
    await load.burst(200);
    await load.send(...(await poisons(world)));
    await load.burst(200);
    return Math.max(...recoveries);
  },
};

/** A role that may only write the table. */
async function createRole(world: World): Promise<string> {
  const role = `${world.keyspace}_writer`;
  await world.session.query(`CREATE ROLE ${role} WITH PASSWORD = '${role}' AND LOGIN = true`);
  await world.session.query(`GRANT SELECT ON KEYSPACE ${world.keyspace} TO ${role}`);
  await world.session.query(`GRANT MODIFY ON KEYSPACE ${world.keyspace} TO ${role}`);
  world.onClose(async () => {
    await world.session.query(`DROP ROLE ${role}`);
  });
  return role;
}

async function tableDropped(world: World, load: Load, writer: AppProcess, outageMs: number): Promise<number> {
  await world.session.query(`DROP TABLE ${world.keyspace}.user_records`, [], { timeoutMs: 60_000 });
  await load.burst(200);
  await paused(world, writer, outageMs);
  await world.run('stream-writer', ['migrate']);
  return world.recovery(load, performance.now());
}

async function grantRevoked(
  world: World,
  load: Load,
  writer: AppProcess,
  { role, outageMs }: { readonly role: string; readonly outageMs: number },
): Promise<number> {
  await world.settled();
  await world.session.query(`REVOKE MODIFY ON KEYSPACE ${world.keyspace} FROM ${role}`);
  await until('the grant is gone', async () => {
    await load.burst(10);
    return (await sinkReasons(writer)).length > 0;
  });
  await load.burst(200);
  await paused(world, writer, outageMs);
  await world.session.query(`GRANT MODIFY ON KEYSPACE ${world.keyspace} TO ${role}`);
  return world.recovery(load, performance.now());
}

/** Says so, commits nothing of it, and makes no dead letters. */
async function paused(world: World, writer: AppProcess, outageMs: number): Promise<void> {
  await until('the writer says why it waits', async () => (await sinkReasons(writer)).length > 0);
  await elapsed(outageMs);
  if ((await sinkReasons(writer)).length === 0) throw new Error('the writer does not wait any more');
  if ((await world.lag()) === 0) throw new Error('everything was committed');
  const letters = await world.letterCount();
  if (letters > 0) throw new Error(`${letters} good records became dead letters`);
}

async function sinkReasons(writer: AppProcess): Promise<readonly string[]> {
  return (await writer.readiness()).reasons.filter((reason) => reason.startsWith('sink:'));
}

async function poisons(world: World): Promise<readonly SpecialRecord[]> {
  const avro = await world.avro('poison');
  const framed = avro(userOf(1, 1));
  const large = Buffer.alloc(largeBytes, 'x');
  const headers = [
    ['nothing', null],
    ['binary', Buffer.from([0, 0xff, 0xfe, 0x80])],
    ['twice', Buffer.from('1')],
    ['twice', Buffer.from('2')],
    ['', Buffer.alloc(0)],
  ] as const;
  return [
    { value: Buffer.from([1, ...framed.subarray(1)]), letter: 'invalid-utf8' },
    { value: framed.subarray(0, 3), letter: 'short-frame' },
    { value: framed.subarray(0, 60), letter: 'bad-avro' },
    { value: Buffer.concat([framed, Buffer.from([0])]), letter: 'trailing-bytes' },
    { value: Buffer.alloc(0), letter: 'empty-value' },
    { value: Buffer.from('[]'), letter: 'not-an-object' },
    {
      fields: { age: 151 },
      value: Buffer.from(`{"uuid":"${uuidOf(7)}","age":151}`),
      letter: 'age:out-of-range',
    },
    { value: large, letter: 'bad-json' },
    { value: large, headers, letter: 'bad-json' },
    { fields: { street: large.toString() } },
    { user: 5, value: null },
    { key: null, value: null, letter: 'bad-key' },
    { key: Buffer.from('nobody'), value: null, letter: 'bad-key' },
    { key: Buffer.from(uuidOf(8)), letter: 'key-mismatch' },
    { key: null },
    { headers },
    { headers, value: Buffer.from('{'), letter: 'bad-json' },
    { user: 6, headers, value: null },
  ];
}
