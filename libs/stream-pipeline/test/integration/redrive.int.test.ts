import { randomBytes } from 'node:crypto';
import {
  type ConsumedRecord,
  DeadLetterQueue,
  type ProducerRecord,
  sluiceHeaders,
} from '@sluice/kafka-client';
import { createLogger } from '@sluice/telemetry';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Mutation, Sink } from '../../src/index.ts';
import type { RedriveOptions } from '../../src/redrive/options.ts';
import { Redrive } from '../../src/redrive/redrive.ts';
import { type Item, item, ItemFixture } from '../item-pipeline.ts';

const never = new AbortController().signal;

/** A table that takes no row: every record becomes a letter of the stage write. */
const refusing: Sink<Item> = {
  prepare: (mutation) => mutation,
  write: (mutations: readonly Mutation<Item>[]) => {
    const error = { kind: 'data', code: 'refused', message: 'refused by the test' } as const;
    return Promise.resolve(mutations.map(() => ({ status: 'failed', error })));
  },
};

describe('redrive on real Kafka and Cassandra', () => {
  let fixture: ItemFixture;
  beforeEach(async () => {
    fixture = await ItemFixture.create();
  });
  afterEach(() => fixture.drop());

  const redrive = (options: Partial<RedriveOptions> = {}) =>
    new Redrive({
      kafka: fixture.kafka,
      topic: fixture.topic,
      deadLetters: { topic: fixture.dlqTopic },
      groupId: fixture.topic,
      logger: createLogger({ name: 'redrive-tests', level: 'silent' }),
      ...options,
    });

  async function read(topic: string): Promise<ConsumedRecord[]> {
    const admin = await fixture.kafka.admin();
    const offsets = await admin.offsets(topic);
    await admin.close();
    const records: ConsumedRecord[] = [];
    const ranges = new Map(offsets.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]));
    for await (const batch of fixture.kafka.read({ topic, ranges })) records.push(...batch.records);
    return records;
  }

  /** The records that a redrive sent. */
  async function sentBack(): Promise<ConsumedRecord[]> {
    const records = await read(fixture.topic);
    return records.filter(({ headers }) => headers.some(([name]) => name === sluiceHeaders.redriveCount));
  }

  async function lettersFor(records: readonly ConsumedRecord[], code = 'bad-json'): Promise<void> {
    const producer = await fixture.kafka.producer();
    const queue = new DeadLetterQueue({ topic: fixture.dlqTopic, producer, pipeline: 'items' });
    const error = { code, message: 'refused by the test' };
    await queue.send(records.map((record) => ({ record, stage: 'decode', error })));
    await producer.close();
  }

  async function drain(sink?: Sink<Item>) {
    return (await fixture.pipeline(sink ? { sink } : {})).run(never, { until: 'end' });
  }

  it('brings letters into the table, and never over what was written since', async () => {
    const [updated, plain, deleted, raced] = [item(1), item(2), item(3), item(4)];
    await fixture.send(updated, plain, deleted, raced);
    expect(await drain(refusing)).toMatchObject({ deadLettered: 4 });
    await fixture.send({ ...item(1, { name: 'newer' }) }, { key: deleted.key, value: null });
    expect(await drain()).toMatchObject({ written: 2 });

    const stop = new AbortController();
    const writing = (await fixture.pipeline()).run(stop.signal);
    const [summary] = await Promise.all([
      redrive().run(never),
      fixture.send(...Array.from({ length: 50 }, (_, i) => item(4, { name: `newer ${i}`, amount: i }))),
    ]);
    expect(summary).toMatchObject({ read: 4, selected: 4, sent: 4, parked: 0, complete: true, skipped: {} });
    await vi.waitFor(async () => expect(await fixture.lag()).toBe(0), { timeout: 20_000 });
    stop.abort();
    expect(await writing).toMatchObject({ deadLettered: 0 });

    expect(await fixture.rows()).toEqual([
      { id: plain.key, name: 'item 2', amount: 2 },
      { id: updated.key, name: 'newer', amount: 1 },
      { id: raced.key, name: 'newer 49', amount: 49 },
    ]);
  });

  it('sends a record until it reached the limit, then parks it; a run sends only what is new', async () => {
    await fixture.send(item(1));
    const counts: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await drain(refusing);
      const { sent, parked } = await redrive().run(never);
      expect(await redrive().run(never)).toMatchObject({ read: 0, sent: 0 });
      counts.push(sent, parked);
      const { groups } = await redrive().list(never);
      const ready = round < 3 ? 1 : 0;
      expect(groups).toMatchObject([
        { stage: 'write', code: 'refused', records: 1, ready, parked: 1 - ready },
      ]);
    }
    expect(counts).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0, 0]);
    expect(await redrive().run(never, { restart: true })).toMatchObject({
      read: 4,
      sent: 0,
      parked: 1,
      skipped: { superseded: 3 },
    });
  });

  it('keeps key, value, headers and partition, from the record through the letter and back', async () => {
    const headers = [
      ['trace', Buffer.from([0, 255, 1])],
      ['nothing', null],
      ['trace', Buffer.alloc(0)],
      ['trace', Buffer.from([0, 255, 1])],
    ] as const;
    const large = Buffer.alloc(1_040_000, 0xff);
    await fixture.send(
      { key: null, value: Buffer.from([0xff, 0xfe]), headers, partition: 1 },
      { key: item(1).key, value: 'not json', headers, partition: 1 },
      { key: item(2).key, value: large, headers, partition: 0 },
      { key: 'not a uuid', value: null, headers, partition: 0 },
    );
    const originals = await read(fixture.topic);
    expect(await drain()).toMatchObject({ deadLettered: 4 });
    expect(await redrive().run(never)).toMatchObject({ sent: 4, rejected: 0 });

    const back = await sentBack();
    const kept = ({ key, value, headers: all, partition }: ConsumedRecord) => ({
      key: key?.toString(),
      value: value?.toString('latin1'),
      partition,
      headers: all.filter(([name]) => !name.startsWith('sluice.')),
    });
    const ordered = (records: ConsumedRecord[]) =>
      records.map(kept).sort((a, b) => (a.key ?? '').localeCompare(b.key ?? ''));
    expect(ordered(back)).toEqual(ordered(originals));
  });

  it('sends of a shortened dead letter the whole record, from its topic, or none', async () => {
    await fixture.drop();
    fixture = await ItemFixture.create({ partitions: 1, maxLetterBytes: 100_000 });
    const own = [['dlq.shortened', Buffer.from('value')]] as const;
    const headers = [['trace', Buffer.from([0, 255])], ...own, ['large', randomBytes(150_000)]] as const;
    const whole: ProducerRecord[] = [
      { key: null, value: Buffer.alloc(3_000_000, 'not json ') },
      { key: Buffer.from('key'), value: randomBytes(300_000), headers },
      { key: null, value: Buffer.from('not json'), headers: own },
    ];
    const producer = await fixture.kafka.producer({ compression: 'gzip', maxRequestRecords: 1 });
    await producer.send(fixture.topic, whole).finally(() => producer.close());
    expect(await drain()).toMatchObject({ deadLettered: 3 });
    expect(await redrive().run(never)).toMatchObject({ sent: 3, rejected: 0, skipped: {} });
    const back = await sentBack();
    const isSame = (a: Buffer | null, b: Buffer | null) => (a && b ? a.equals(b) : a === b);
    for (const { key, value, headers = [] } of whole) {
      const found = back.filter((record) => isSame(record.value, value) && isSame(record.key, key));
      expect(found).toHaveLength(1);
      expect(found[0]!.headers.filter(([name]) => !name.startsWith('sluice.'))).toEqual(headers);
    }

    const admin = await fixture.kafka.admin();
    onTestFinished(() => admin.close());
    await admin.deleteRecords(fixture.topic, new Map([[0, 2]]));
    // another record is where this one should be
    const { topic, partition, offset, timestamp, key } = back[0]!;
    const other = { topic, partition, offset, timestamp, key, headers: [], value: randomBytes(300_000) };
    await lettersFor([other]);
    const again = await redrive().run(never, { restart: true });
    expect(again).toMatchObject({ selected: 4, sent: 2, skipped: { 'original-expired': 2 } });
  });

  it('leaves as a letter what the topic does not take, and sends the others', async () => {
    const limit = 1_048_588;
    const batchBytes = 61;
    const recordBytes = 30;
    const largest = randomBytes(limit - batchBytes - recordBytes);
    await fixture.send(
      { key: null, value: 'small', partition: 0 },
      { key: null, value: largest, partition: 0 },
      { key: null, value: 'small too', partition: 0 },
    );
    expect(await drain()).toMatchObject({ deadLettered: 3 });
    expect(await redrive().run(never)).toMatchObject({ selected: 3, sent: 2, rejected: 1, complete: true });
    expect((await sentBack()).map(({ value }) => value?.toString())).toEqual(['small', 'small too']);
  });

  it('goes on where it was stopped, and loses no letter', async () => {
    await fixture.send(...Array.from({ length: 300 }, (_, i) => ({ ...item(i), partition: i % 2 })));
    await lettersFor(await read(fixture.topic));
    const stop = new AbortController();
    const stopped = redrive({ rate: 50 }).run(stop.signal);
    await vi.waitFor(async () => expect((await sentBack()).length).toBeGreaterThan(0), { timeout: 20_000 });
    stop.abort();
    const first = await stopped;
    expect(first.complete).toBe(false);
    expect(first.sent).toBeLessThan(300);
    const second = await redrive().run(never);
    expect(second.complete).toBe(true);

    const back = await sentBack();
    expect(new Set(back.map(({ key }) => key?.toString())).size).toBe(300);
    expect([first.sent + second.sent, back.length]).toEqual([300, 300]);

    const stoppedAtOnce = await redrive().run(AbortSignal.abort(), { restart: true });
    expect(stoppedAtOnce).toMatchObject({ sent: 0, complete: false });
    expect(await redrive().run(never)).toMatchObject({ read: 300, sent: 300 });
  });

  it('does what a dry run says, once for each filter', async () => {
    await fixture.send(item(1), item(2), item(3));
    const [one, two, three] = await read(fixture.topic);
    await lettersFor([one!, two!], 'amount:missing');
    await lettersFor([three!, three!], 'bad-json');
    const filtered = () => redrive({ filter: { codes: ['amount:*'] } });
    expect(await filtered().run(never, { dryRun: true })).toMatchObject({ read: 4, selected: 2, sent: 0 });
    expect(await sentBack()).toEqual([]);
    expect(await filtered().run(never)).toMatchObject({ selected: 2, sent: 2 });
    expect(await filtered().run(never)).toMatchObject({ read: 0, sent: 0 });
    expect(await redrive().run(never)).toMatchObject({ read: 4, sent: 3, skipped: { duplicate: 1 } });
    expect(await filtered().run(never, { restart: true })).toMatchObject({ read: 4, sent: 2 });
  });

  it('sends the letters that were chosen, once, and tells how it gets on', async () => {
    const items = [item(1), item(2), item(3)];
    await fixture.send(...items);
    await lettersFor(await read(fixture.topic));
    const [first, , third] = await read(fixture.dlqTopic);
    const letters = [first!, third!].map(({ partition, offset }) => ({ partition, offset }));
    const told: number[] = [];
    const chosen = () => redrive({ filter: { letters }, onProgress: ({ sent }) => told.push(sent) });
    expect(await chosen().run(never)).toMatchObject({ selected: 2, sent: 2, complete: true });
    expect(told.at(-1)).toBe(2);
    expect((await sentBack()).map(({ key }) => key?.toString()).sort()).toEqual(
      [first!, third!].map(({ key }) => key?.toString()).sort(),
    );
    const reversed = redrive({ filter: { letters: letters.toReversed() } });
    expect(await reversed.run(never)).toMatchObject({ sent: 0 });
    expect(await reversed.run(never, { restart: true })).toMatchObject({ sent: 2 });
  });

  it.each(['with topic ids', 'without them'])(
    'sends no dead letter of an earlier topic in place of one of this topic, unless asked to (%s)',
    async (ids) => {
      const first = { ...item(1), partition: 0 };
      const second = { ...item(2), partition: 0 };
      // letters of `lettersFor` have the id only where their records do
      const fail = async () => {
        if (ids === 'with topic ids')
          await (
            await fixture.pipeline({ sink: refusing, outOfRange: 'earliest' })
          ).run(never, { until: 'end' });
        else await lettersFor(await read(fixture.topic));
      };
      await fixture.send(first);
      await fail();
      await fixture.recreateTopic();
      await fixture.send(second);
      await fail();

      expect(await redrive().list(never)).toMatchObject({
        groups: [{ records: 1, ready: 1 }],
        skipped: { 'former-topic': 1 },
      });
      expect(await redrive().run(never)).toMatchObject({ sent: 1, skipped: { 'former-topic': 1 } });
      expect((await sentBack()).map(({ key }) => key?.toString())).toEqual([second.key]);
      expect(await redrive().run(never, { restart: true })).toMatchObject({ sent: 1 });

      const former = redrive({ formerTopics: true });
      expect(await former.run(never)).toMatchObject({ selected: 1, sent: 1, skipped: {} });
      expect(await former.run(never)).toMatchObject({ read: 0, sent: 0 });
      const sent = (await sentBack()).filter(({ key }) => key?.toString() === first.key);
      expect(sent).toHaveLength(1);
      const names = sent[0]!.headers.map(([name]) => name);
      expect(names).toContain(sluiceHeaders.writeTimestamp);
      // its offset was one of the earlier topic
      expect(names).not.toContain(sluiceHeaders.sourceOffset);
    },
  );

  it('does not send what is older than deletes are remembered', async () => {
    const old = Date.now() - 3_600_000;
    await fixture.send({ ...item(1), timestamp: old }, item(2));
    await lettersFor(await read(fixture.topic));
    const careful = await redrive({ expiresAfterMs: 1_800_000 }).run(never);
    expect(careful).toMatchObject({ selected: 2, sent: 1, expired: 1 });
    expect(await redrive().run(never)).toMatchObject({ selected: 2, sent: 2, expired: 0 });
  });

  it('begins anew where the dead-letter topic was made anew, and its progress outlived it', async () => {
    const { dlqTopic } = fixture;
    await fixture.send(item(1), item(2));
    const records = await read(fixture.topic);
    await lettersFor([records[0]!, records[0]!]);
    expect(await redrive().run(never)).toMatchObject({ sent: 1 });

    const admin = await fixture.kafka.admin();
    const group = redrive().progressGroup;
    const progress = (await admin.committedOffsets(group, dlqTopic)).flatMap(
      ({ partition, offset, lastTimestamp }) =>
        offset === null ? [] : [{ partition, offset, lastTimestamp }],
    );
    expect(progress).toMatchObject([{ offset: 2 }]);
    await admin.deleteTopic(dlqTopic);
    await vi.waitFor(async () => expect(await admin.topics()).not.toContain(dlqTopic), { timeout: 10_000 });
    // With ZooKeeper the old one is still being deleted when nobody sees it any more.
    const anew = { topic: dlqTopic, partitions: 2, replicationFactor: 1 };
    await vi.waitFor(async () => expect(await admin.createTopic(anew)).toBe(true), { timeout: 30_000 });
    await lettersFor([records[1]!, records[1]!, records[0]!, records[0]!]);
    await admin.setOffsets(group, dlqTopic, progress);
    await admin.close();
    expect(await redrive().run(never)).toMatchObject({ read: 4, sent: 2 });
  });

  it('sends no faster than the rate', async () => {
    await fixture.send(...Array.from({ length: 40 }, (_, i) => item(i)));
    await lettersFor(await read(fixture.topic));
    const begun = performance.now();
    expect(await redrive({ rate: 20 }).run(never)).toMatchObject({ sent: 40 });
    expect(performance.now() - begun).toBeGreaterThan(900);
  });
});
