import { sluiceHeaders } from '@sluice/kafka-client';
import type { SpecialRecord } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Record timestamps and write timestamps far behind and ahead of the clock. What is more than an hour ahead would shadow every
 * later update, so it becomes a dead letter, as does a write timestamp that is no number. To a writer whose clock is two hours behind
 * every record looks so: they wait.
 */
export const clocks: Scenario = {
  letter: 'k',
  name: 'clocks',
  stack: 'single',
  recoveryLimit: 10,
  // by itself the broker refuses what is more than an hour ahead
  topicConfig: { 'message.timestamp.after.max.ms': String(24 * hourMs) },
  async run(world) {
    const load = await world.load();
    await load.burst(200);
    await heldWhileBehind(world);
    await world.writer();
    await load.burst(200);
    const now = Date.now();
    const past = now - 2 * hourMs;
    const soon = now + 59 * minuteMs;
    const future = now + 2 * hourMs;
    const ofUser: readonly Omit<SpecialRecord, 'user'>[] = [
      { timestamp: past },
      { timestamp: past, wt: null },
      { wt: past * 1000 },
      { timestamp: past, value: null },
      { wt: past * 1000, value: null },
      { timestamp: soon },
      { timestamp: soon, wt: null },
      { wt: soon * 1000 },
      { wt: soon * 1000, value: null },
      { timestamp: future, letter: 'future-timestamp' },
      { timestamp: future, wt: null, letter: 'future-timestamp' },
      { timestamp: future, value: null, letter: 'future-timestamp' },
      { wt: future * 1000, letter: 'future-timestamp' },
      { wt: future * 1000, value: null, letter: 'future-timestamp' },
      { wt: 9_999_999_999_999_999, letter: 'future-timestamp' },
      { timestamp: -1, letter: 'missing-timestamp' },
      { wt: 0, letter: 'bad-write-timestamp' },
      // in milliseconds
      { wt: now, letter: 'bad-write-timestamp' },
      { wt: now, value: null, letter: 'bad-write-timestamp' },
      ...malformed.map((header): Omit<SpecialRecord, 'user'> => ({
        wt: null,
        headers: [[sluiceHeaders.writeTimestamp, header]],
        letter: 'bad-write-timestamp',
      })),
    ];
    // each alone, then before and after an update of the present: the row is that of the highest write timestamp
    const records = ofUser.flatMap((record, i) => [
      { ...record, user: 1_000 + i },
      { user: 2_000 + i },
      { ...record, user: 2_000 + i },
      { ...record, user: 3_000 + i },
      { user: 3_000 + i },
    ]);
    await load.send(...records);
    await load.burst(200);
    return undefined;
  },
};

async function heldWhileBehind(world: World): Promise<void> {
  const shift = `const now = Date.now; Date.now = () => now() - ${2 * hourMs};`;
  const writer = world.startWriter({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}`,
  });
  await until('the writer reports that its clock is behind', async () =>
    (await writer.readiness()).reasons.includes('decode:clock-behind'),
  );
  writer.signal('SIGTERM');
  await writer.ended;
  const letters = await world.letterCount();
  if (letters > 0) throw new Error(`${letters} good records became dead letters`);
}

const malformed: readonly (Buffer | null)[] = [
  null,
  Buffer.alloc(0),
  Buffer.from('now'),
  Buffer.from('-1'),
  Buffer.from('+1'),
  Buffer.from(' 1'),
  Buffer.from('1\n'),
  Buffer.from('1.5'),
  Buffer.from('1e15'),
  Buffer.from('0x10'),
  Buffer.from('١٢٣'),
  Buffer.from([0xff, 0x31]),
  Buffer.from('1'.repeat(20)),
];
