import type { Load, SpecialRecord } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

/**
 * Duplicates by setting the group back, versions that come late, and versions within one millisecond: with the header in the
 * order of their sending, without it in the order of the stated bound.
 */
export const orderOfVersions: Scenario = {
  letter: 'j',
  name: 'order of versions',
  stack: 'single',
  recoveryLimit: 10,
  async run(world) {
    const load = await world.load();
    const writer = await world.writer();
    await load.burst(400);
    await inOneBatch(load);
    await inBatchesOfTheirOwn(world, load);
    await inOneMillisecond(load);
    await withoutHeader(world, load);
    await load.send({ value: Buffer.from('{}'), letter: 'uuid:missing' });
    await world.settled();

    writer.signal('SIGTERM');
    const code = await writer.ended;
    if (code !== 0) throw new Error(`SIGTERM: exit code ${String(code)}, not 0`);
    await load.burst(200);
    await world.watcher.rewind();
    await world.run('stream-writer', ['offsets', '--to', 'earliest', '--yes', '--json']);
    await world.writer();
    return undefined;
  },
};

/** Pairs of versions of one row, each by its place in time: the newer one comes first, and once the delete. */
function pairs(): readonly (readonly [SpecialRecord, SpecialRecord])[] {
  const early = Date.now() * 1000;
  const late = early + 1;
  return [
    [{ wt: late }, { wt: early }],
    [{ wt: late, value: null }, { wt: early }],
    [{ wt: late }, { wt: early, value: null }],
    [{ wt: early, value: null }, { wt: late }],
    [{ wt: early }, { wt: late, value: null }],
  ];
}

/** Users of this scenario; the mix has lower numbers, special records of no number higher ones. */
const users = { oneBatch: 1_000, ownBatches: 2_000, oneMillisecond: 3_000, withoutHeader: 4_000 };

async function inOneBatch(load: Load): Promise<void> {
  const records = pairs().flatMap((pair, i) =>
    pair.map((record) => ({ ...record, user: users.oneBatch + i })),
  );
  await load.send(...records);
}

async function inBatchesOfTheirOwn(world: World, load: Load): Promise<void> {
  const numbered = pairs().map((pair, i) =>
    pair.map((record) => ({ ...record, user: users.ownBatches + i })),
  );
  for (const which of [0, 1]) {
    await load.send(...numbered.flatMap((pair) => pair[which] ?? []));
    await world.settled();
  }
}

/** Every third row ends with a delete. */
async function inOneMillisecond(load: Load): Promise<void> {
  const timestamp = Date.now();
  for (let version = 0; version < 6; version += 1) {
    const records = Array.from({ length: 60 }, (_, i): SpecialRecord => {
      const user = users.oneMillisecond + i;
      return (version + i) % 3 === 2 ? { user, timestamp, value: null } : { user, timestamp };
    });
    await load.send(...records);
  }
}

/**
 * The write timestamp is then the record's time in microseconds plus its offset modulo 1000: of two updates in one millisecond
 * whose offsets straddle a multiple of 1000 the earlier one stands. Nothing else gets out of order.
 */
async function withoutHeader(world: World, load: Load): Promise<void> {
  const partition = 0;
  const timestamp = Date.now();
  const next = await endOf(world, partition);
  const fill = (count: number) =>
    Array.from({ length: count }, () => ({ user: users.withoutHeader, partition }));
  const update = (user: number, ms = timestamp): SpecialRecord => ({
    user: users.withoutHeader + user,
    partition,
    timestamp: ms,
    wt: null,
  });
  await load.send(...fill(990 - (next % 1000) + (next % 1000 > 990 ? 1000 : 0)));
  // from offset 990 on: side by side, straddling within a millisecond, and straddling from one to the next
  const sent = await load.send(
    ...[update(1), update(1), update(2), { ...update(2), value: null }],
    ...fill(4),
    ...[update(4), update(3), update(3), update(4, timestamp + 1)],
  );
  await world.settled();
  const straddling = sent.at(-3)?.key ?? '';
  const row = (await world.writeTimestamps([straddling])).get(straddling);
  if (row !== timestamp * 1000 + 999)
    throw new Error(
      `updates without the header that straddle a multiple of 1000: WRITETIME is ${String(row)}`,
    );
}

async function endOf(world: World, partition: number): Promise<number> {
  const admin = await world.kafka.admin();
  try {
    const offsets = await admin.offsets(world.topic);
    return offsets.find((entry) => entry.partition === partition)?.end ?? 0;
  } finally {
    await admin.close();
  }
}
