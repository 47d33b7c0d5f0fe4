import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsumedRecord, deadLetterHeaders, lastHeader, sluiceHeaders } from '@sluice/kafka-client';
import type { AppProcess } from '../app-process.ts';
import { readTopic } from '../kafka-reading.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed, until } from '../until.ts';
import type { World } from '../world.ts';

/** What the source answers in place of users, in the words of random-user-server: 200 with something else, and no 200. */
const faults = ['429', '500', 'outage', 'html', 'broken-json', 'cut', 'bad-user'];
/** Requests in a row that get a fault. */
const inARow = 2;
const usersPerSecond = 100;
/** Dates of a message, text there and milliseconds in the table. */
const dates = ['birthdate', 'registered_date'];

/**
 * A source that refuses, fails, hangs, gives half a page or nonsense, and is away for a while. The real producer asks it: every user
 * that it has had acknowledged is judged, and each user without a uuid has to be a dead letter.
 */
export const source: Scenario = {
  letter: 'n',
  name: 'source',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    await world.writer();
    const server = await serve(world);
    const dir = mkdtempSync(join(tmpdir(), 'sluice-faults-keys-'));
    world.onClose(() => {
      rmSync(dir, { recursive: true, force: true });
      return Promise.resolve();
    });
    const keysFile = join(dir, 'keys');
    const producer = world.start('producer', ['serve', '--json', '--keys', keysFile], {
      SOURCE_URL: `${server.origin}/api/`,
      SOURCE_PAGE_SIZE: '50',
      SOURCE_RATE_LIMIT: `${usersPerSecond}/1s`,
    });
    await until('users are produced', () => produced(producer));
    for (const kind of faults) await given(server, kind, inARow);
    const recoveries = [await goesOn(producer, performance.now())];
    await given(server, 'hang', 1);
    // only when its request has timed out can the source show that it answers
    await goesOn(producer, performance.now());

    await server.app.kill();
    await elapsed(outageMs);
    if ((await producer.readiness()).ready) throw new Error('the source is away, and the producer is ready');
    const again = await serve(world, server.port);
    recoveries.push(await goesOn(producer, performance.now()));

    producer.signal('SIGTERM');
    const code = await producer.ended;
    if (code !== 0) throw new Error(`SIGTERM: exit code ${String(code)}, not 0`);
    await again.app.kill();
    await adopt(world, readFileSync(keysFile, 'utf8').trim().split('\n'));
    const { deadLettered } = producer.summary;
    if (deadLettered !== inARow)
      throw new Error(`${String(deadLettered)} users dead-lettered, not ${inARow}`);
    return Math.max(...recoveries);
  },
};

interface Source {
  readonly app: AppProcess;
  readonly origin: string;
  readonly port: number;
}

/** Resolves when the source answers. */
async function serve(world: World, port = 0): Promise<Source> {
  const app = world.start('random-user-server', ['serve', '--port', String(port), '--faults', '--json']);
  await until('the source says where it is', () => app.stdout.includes('\n'));
  const { url } = app.summary as { url: string };
  return { app, origin: new URL(url).origin, port: Number(new URL(url).port) };
}

/** Plans a fault, and resolves when requests have got it. */
async function given({ origin }: Source, kind: string, count: number): Promise<void> {
  const fault = kind === '429' ? { kind, count, retryAfter: 1 } : { kind, count };
  await fetch(`${origin}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  await until(`the source has given ${kind}`, async () => {
    const report = (await (await fetch(`${origin}/faults`)).json()) as { given: Record<string, number> };
    return (report.given[kind] ?? 0) >= count;
  });
}

/** Seconds from `since` until the producer has had more users acknowledged. */
async function goesOn(producer: AppProcess, since: number): Promise<number> {
  const before = (await produced(producer)) ?? 0;
  await until('more users are produced', async () => ((await produced(producer)) ?? 0) > before);
  return (performance.now() - since) / 1000;
}

async function produced(producer: AppProcess): Promise<number | undefined> {
  return (await producer.records()).produced;
}

/** Makes evidence of what the producer says it has had acknowledged, and of the letters of users that make no record. */
async function adopt(world: World, keys: readonly string[]): Promise<void> {
  const records = new Map(
    (await readTopic(world.kafka, world.topic)).map((record) => [record.key?.toString(), record]),
  );
  if (records.size !== keys.length)
    throw new Error(`${keys.length} users were acknowledged, and the topic has ${records.size}`);
  for (const key of keys) {
    const record = records.get(key);
    const expected = { key, kind: 'upsert', letter: undefined } as const;
    if (record) world.adopt({ ...expected, columns: columnsOf(record), wt: writeTimestamp(record) }, record);
    else world.adopt({ ...expected, columns: {}, wt: undefined });
  }
  for (const letter of await readTopic(world.kafka, world.dlqTopic)) {
    const offset = Number(lastHeader(letter.headers, deadLetterHeaders.sourceOffset)?.toString());
    const place = { partition: -1, offset, timestamp: letter.timestamp };
    const expected = { key: undefined, kind: 'upsert', columns: {}, wt: undefined } as const;
    world.adopt({ ...expected, letter: 'uuid:missing' }, place);
  }
}

function columnsOf({ value }: ConsumedRecord): Record<string, unknown> {
  const message = JSON.parse(value?.toString() ?? '') as Record<string, unknown>;
  for (const name of dates) {
    const date = message[name];
    if (typeof date === 'string') message[name] = Date.parse(date);
  }
  return message;
}

function writeTimestamp({ headers }: ConsumedRecord): number {
  return Number(lastHeader(headers, sluiceHeaders.writeTimestamp)?.toString());
}
