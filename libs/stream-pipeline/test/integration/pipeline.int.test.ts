import { randomBytes } from 'node:crypto';
import { TableWriter } from '@sluice/cassandra-repository';
import { sluiceHeaders } from '@sluice/kafka-client';
import { createPipelineMetrics } from '@sluice/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mutation, Sink } from '../../src/index.ts';
import { type Item, item, ItemFixture } from '../item-pipeline.ts';

const never = new AbortController().signal;

describe('StreamPipeline on real Kafka and Cassandra', () => {
  let fixture: ItemFixture;

  beforeEach(async () => {
    fixture = await ItemFixture.create();
  });
  afterEach(() => fixture.drop());

  it('brings every record into the table or the dead letters, and commits exactly that', async () => {
    const bad = Buffer.from([0xff, 0xfe]);
    await fixture.send(
      ...Array.from({ length: 3_000 }, (_, i) => item(i)),
      { key: item(1).key, value: 'not json' },
      { key: null, value: '{"name":"nobody"}' },
      { key: item(2).key, value: bad },
      { key: item(3).key, value: item(4).value },
      { key: item(5).key, value: item(5, { amount: -1 }).value },
      {
        ...item(6),
        headers: [[sluiceHeaders.writeTimestamp, Buffer.from(String((Date.now() + 2 * 3_600_000) * 1000))]],
      },
    );

    const pipeline = await fixture.pipeline();
    const summary = await pipeline.run(never, { until: 'end' });

    expect(summary).toMatchObject({ written: 3_000, deadLettered: 6, deduplicated: 0, abandoned: 0 });
    expect(await fixture.rows()).toHaveLength(3_000);
    expect(await fixture.lag()).toBe(0);
    const letters = await fixture.letters();
    expect(letters.map(({ code }) => code).sort()).toEqual([
      'amount:out-of-range',
      'bad-json',
      'future-timestamp',
      'id:missing',
      'invalid-utf8',
      'key-mismatch',
    ]);
    expect(new Set(letters.map(({ source }) => source)).size).toBe(6);
    expect(letters.find(({ code }) => code === 'invalid-utf8')?.letter).toMatchObject({
      key: Buffer.from(item(2).key),
      value: bad,
    });
  });

  it('leaves the newest version of each row, deletes included, whatever the order of arrival', async () => {
    const t = Date.now() - 60_000;
    const [a, b, c] = [item(1).key, item(2).key, item(3).key];
    await fixture.send(
      { ...item(1, { name: 'newest' }), timestamp: t + 5_000 },
      { ...item(1, { name: 'late and old' }), timestamp: t },
      { ...item(2), timestamp: t },
      { key: b, value: null, timestamp: t + 1 },
      { key: c, value: null, timestamp: t },
      { ...item(3, { name: 'back again', amount: null }), timestamp: t + 1 },
      { ...item(4, { name: 'first' }), timestamp: t },
      { ...item(4, { name: 'second, same millisecond' }), timestamp: t },
    );
    await (await fixture.pipeline()).run(never, { until: 'end' });
    await fixture.send(
      { ...item(1, { name: 'in a later run, and old' }), timestamp: t + 1 },
      { ...item(2), timestamp: t },
    );
    await (await fixture.pipeline()).run(never, { until: 'end' });

    expect((await fixture.rows()).map(({ id, name }) => [id, name])).toEqual([
      [c, 'back again'],
      [a, 'newest'],
      [item(4).key, 'second, same millisecond'],
    ]);
  });

  it('drains an empty topic at once, and again without doing anything twice', async () => {
    expect(await (await fixture.pipeline()).run(never, { until: 'end' })).toMatchObject({ written: 0 });
    await fixture.send(item(1));
    expect(await (await fixture.pipeline()).run(never, { until: 'end' })).toMatchObject({ written: 1 });
    expect(await (await fixture.pipeline()).run(never, { until: 'end' })).toMatchObject({ written: 0 });
  });

  it('commits nothing that is not written: what hangs at a stop is delivered again', async () => {
    await fixture.send(...Array.from({ length: 50 }, (_, i) => ({ ...item(i), partition: 0 })));
    const hanging: Sink<Item> = {
      prepare: (mutation) => mutation,
      write: () => new Promise(() => undefined),
    };
    const stop = new AbortController();
    const stuck = await fixture.pipeline({ sink: hanging, commitIntervalMs: 50, shutdownTimeoutMs: 300 });
    const running = stuck.run(stop.signal);
    await vi.waitFor(() => expect(stuck.inFlight).toBe(50), { timeout: 20_000 });
    stop.abort();
    expect(await running).toMatchObject({ written: 0, abandoned: 50 });
    expect(await fixture.lag()).toBe(50);

    expect(await (await fixture.pipeline()).run(never, { until: 'end' })).toMatchObject({ written: 50 });
    expect(await fixture.rows()).toHaveLength(50);
  });

  it('merges changes of one row that come in one batch, where nulls keep the old cells', async () => {
    const [{ key, value }, changed] = [item(1, { amount: null }), item(1, { name: null, amount: 7 })];
    await fixture.send({ key, value }, { key, value: changed.value });
    const sink = await TableWriter.open<Item>(fixture.session, fixture.table, { nulls: 'keep' });
    await (await fixture.pipeline({ sink })).run(never, { until: 'end' });
    expect(await fixture.rows()).toEqual([{ id: key, name: 'item 1', amount: 7 }]);
  });

  it('counts headers, too, among the bytes in flight', async () => {
    const headers = [['trace', Buffer.alloc(2_000)]] as const;
    await fixture.send(...Array.from({ length: 1_000 }, (_, i) => ({ ...item(i), partition: 0, headers })));
    let held = 0;
    let most = 0;
    const slow: Sink<Item> = {
      prepare: (mutation) => mutation,
      write: async (mutations) => {
        held += mutations.length;
        most = Math.max(most, held);
        await new Promise((resolve) => setTimeout(resolve, 100));
        held -= mutations.length;
        return mutations.map(() => ({ status: 'written' }));
      },
    };
    const pipeline = await fixture.pipeline({ sink: slow, maxInFlightBytes: 300_000 });
    await pipeline.run(never, { until: 'end' });
    // a fetch brings one request of the producer, 512 KiB at most
    expect(most).toBeLessThan(300);
  });

  it('shares the partitions with members that come and go, and loses nothing', async () => {
    const total = 4_000;
    const stopFirst = new AbortController();
    const writer = await TableWriter.open<Item>(fixture.session, fixture.table);
    const slow: Sink<Item> = {
      prepare: (mutation) => mutation,
      write: async (mutations: readonly Mutation<Item>[]) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return writer.write(mutations);
      },
    };
    const first = await fixture.pipeline({ sink: slow, commitIntervalMs: 100 });
    const second = await fixture.pipeline({ sink: slow, commitIntervalMs: 100 });
    const firstRun = first.run(stopFirst.signal);
    const stopSecond = new AbortController();
    let secondRun: Promise<unknown> | undefined;
    for (let sent = 0; sent < total; sent += 200) {
      await fixture.send(...Array.from({ length: 200 }, (_, i) => item(sent + i)));
      if (sent === 1_000) secondRun = second.run(stopSecond.signal);
      if (sent === 3_000) stopFirst.abort();
    }
    await firstRun;
    await vi.waitFor(async () => expect(await fixture.lag()).toBe(0), { timeout: 40_000, interval: 500 });
    stopSecond.abort();
    await secondRun;
    expect(await fixture.rows()).toHaveLength(total);
    expect(await fixture.letters()).toEqual([]);
  });

  it('commits with each offset what tells whether it is of this topic, and goes by the policy where it is not', async () => {
    const sentAt = Date.now() - 5_000;
    await fixture.send(
      ...Array.from({ length: 10 }, (_, i) => ({ ...item(i), partition: 0, timestamp: sentAt + i })),
    );
    await (await fixture.pipeline()).run(never, { until: 'end' });
    const admin = await fixture.kafka.admin();
    const [committed] = await admin.committedOffsets(fixture.topic, fixture.topic);
    const topicId = await admin.topicId(fixture.topic);
    await admin.close();
    expect(committed).toMatchObject({ partition: 0, offset: 10, lastTimestamp: sentAt + 9, topicId });
    await fixture.send({ ...item(10), partition: 0 });
    expect(await (await fixture.pipeline()).run(never, { until: 'end' })).toMatchObject({ written: 1 });

    // as a group has it whose offsets outlived the topic that they were committed in
    await fixture.commit({ partition: 0, offset: 11, lastTimestamp: sentAt - 1 });
    await expect((await fixture.pipeline()).run(never, { until: 'end' })).rejects.toMatchObject({
      code: 'offset-out-of-range',
    });
    const earliest = await fixture.pipeline({ outOfRange: 'earliest' });
    expect(await earliest.run(never, { until: 'end' })).toMatchObject({ written: 11 });
  });

  it('fails, and says so, where the topic does not exist', async () => {
    const pipeline = await fixture.pipeline();
    const admin = await fixture.kafka.admin();
    await admin.deleteTopic(fixture.topic);
    await expect(pipeline.run(never, { until: 'end' })).rejects.toMatchObject({ code: 'unknown-topic' });
    await admin.createTopic({ topic: fixture.topic, partitions: 1, replicationFactor: 1 });
    await admin.close();
  });

  it('fails before the first record, and says so, where the topic of the dead letters does not exist', async () => {
    await fixture.send(item(100));
    const pipeline = await fixture.pipeline({ deadLetters: { topic: `${fixture.dlqTopic}.missing` } });
    await expect(pipeline.run(never, { until: 'end' })).rejects.toMatchObject({
      code: 'unknown-topic',
      message: expect.stringContaining(`${fixture.dlqTopic}.missing (deadLetters.topic) does not exist`),
    });
    expect(pipeline.totals.written).toBe(0);
  });
});

it('waits with a dead letter that its topic takes in no form, and sends those beside it only once', async () => {
  const fixture = await ItemFixture.create({ partitions: 1, maxLetterBytes: 1_000 });
  try {
    await fixture.send({ value: 'bad' }, { value: randomBytes(5_000) }, { value: 'bad as well' });
    const metrics = createPipelineMetrics({ pipeline: 'items' });
    const pipeline = await fixture.pipeline({ metrics, shutdownTimeoutMs: 100 });
    const stop = new AbortController();
    const running = pipeline.run(stop.signal);
    const refusals = async () =>
      Number(/retries_total.*record-refused.* (\d+)/.exec(await metrics.registry.text())?.[1] ?? 0);
    await vi.waitFor(async () => expect(await refusals()).toBeGreaterThan(1), { timeout: 30_000 });
    expect(pipeline.health.reasons).toEqual(['dead-letters:record-refused']);
    stop.abort();
    expect(await running).toMatchObject({ deadLettered: 0, abandoned: 3 });
    expect(await fixture.lag()).toBe(3);
    expect((await fixture.letters()).map(({ source }) => source)).toEqual(['0/0', '0/2']);
  } finally {
    await fixture.drop();
  }
});

it('pauses only the partition whose share of waiting dead letters is full', async () => {
  const fixture = await ItemFixture.create({ maxLetterBytes: 1_000 });
  try {
    const refused = () => ({ value: randomBytes(300_000), partition: 0 });
    await fixture.send(refused(), refused(), refused());
    const pipeline = await fixture.pipeline({
      maxInFlightBytes: 20_000,
      maxDeadLetterBytes: 200_000,
      shutdownTimeoutMs: 100,
    });
    const stop = new AbortController();
    const running = pipeline.run(stop.signal);
    await vi.waitFor(
      () => {
        expect(pipeline.health.reasons).toEqual(['dead-letters:record-refused']);
      },
      { timeout: 20_000 },
    );
    const items = Array.from({ length: 500 }, (_, i) => ({ ...item(i), partition: 1 }));
    await fixture.send(...items, { value: 'bad', partition: 1 });
    await vi.waitFor(() => expect(pipeline.totals).toMatchObject({ written: 500, deadLettered: 1 }), {
      timeout: 20_000,
    });
    expect(pipeline.inFlight).toBe(1);
    stop.abort();
    expect(await running).toMatchObject({ abandoned: 1 });
    expect(await fixture.lag()).toBe(3);
  } finally {
    await fixture.drop();
  }
});
