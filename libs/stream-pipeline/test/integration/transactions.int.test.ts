import { TableWriter } from '@sluice/cassandra-repository';
import { openTransaction } from '@sluice/kafka-client/testing';
import { createPipelineMetrics } from '@sluice/telemetry';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Sink } from '../../src/index.ts';
import { AuditedItems } from '../audited-items.ts';
import { type Item, item } from '../item-pipeline.ts';

let items: AuditedItems;
beforeEach(async () => {
  items = await AuditedItems.create();
});
afterEach(() => items.drop());

const never = new AbortController().signal;
const settled = Date.now() - 30_000;
const firstHeld = Date.now() - 10_000;

/** Five items that can be read, three in a transaction, and one after them that is held as well; all in partition 0. */
async function fourHeld() {
  const { topic } = items.items;
  const at = (number: number, timestamp: number) => ({ ...item(number), partition: 0, timestamp });
  await items.items.send(...Array.from({ length: 5 }, (_, number) => at(number, settled)));
  const transaction = await openTransaction({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    topic,
    records: [10, 11, 12].map((number) => at(number, firstHeld)),
  });
  await items.items.send(at(20, Date.now()));
  return transaction;
}

const partitionZero = async () => {
  const { topic } = items.items;
  return (await items.admin((admin) => admin.lag(topic, topic)))[0];
};

test('a drain ends where an open transaction begins, and counts what it holds; another one waits for that', async () => {
  const transaction = await fourHeld();
  const first = await items.items.pipeline();
  expect(await first.run(never, { until: 'end' })).toMatchObject({ written: 5, held: 4, abandoned: 0 });
  expect(await items.items.rows()).toHaveLength(5);
  expect(await partitionZero()).toMatchObject({ committed: 5, lag: 0, held: 4 });

  const report = await items.audit();
  expect(report).toMatchObject({ ok: true, records: 5, rows: 5, unsettled: 0, held: 4 });
  await expect(items.audit({ repair: true })).rejects.toMatchObject({
    code: 'not-idle',
    message: expect.stringContaining('open transactions hold 4 offsets') as string,
  });

  const second = await items.items.pipeline();
  const waiting = second.run(never, { until: 'end', waitForTransactions: true });
  const audited = items.audit({ waitForTransactions: true });
  await vi.waitFor(
    async () => {
      expect((await items.admin((admin) => admin.group(items.items.topic))).state).toBe('Stable');
    },
    { timeout: 20_000 },
  );
  expect(second.totals.written).toBe(0);
  await transaction.commit();
  expect(await waiting).toMatchObject({ written: 4, held: 0 });
  expect(await items.items.rows()).toHaveLength(9);
  expect(await audited).toMatchObject({ ok: true, rows: 9, unsettled: 0, held: 0 });
});

test('a running pipeline shows its lag, its age and what is held, and is degraded and ready while a transaction stays open', async () => {
  const transaction = await fourHeld();
  const { session, table, topic } = items.items;
  const writer = await TableWriter.open<Item>(session, table);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const sink: Sink<Item> = {
    prepare: (mutation) => mutation,
    write: async (batch) => {
      await released;
      return writer.write(batch);
    },
  };
  const metrics = createPipelineMetrics({ pipeline: topic });
  const pipeline = await items.items.pipeline({ sink, metrics, commitIntervalMs: 100, maxHeldMs: 0 });
  const stop = new AbortController();
  const running = pipeline.run(stop.signal);
  const gauge = async (name: string, partition = 0) => {
    const found = new RegExp(`^${name}{partition="${partition}"} (.+)$`, 'm');
    const value = found.exec(await metrics.registry.text())?.[1];
    return value === undefined ? undefined : Number(value);
  };

  await vi.waitFor(
    async () => {
      expect(await gauge('sluice_lag_records')).toBe(5);
      expect(await gauge('sluice_lag_seconds')).toBeGreaterThan(30);
      expect(await gauge('sluice_transaction_held_offsets')).toBe(4);
      expect([await gauge('sluice_lag_records', 1), await gauge('sluice_lag_seconds', 1)]).toEqual([0, 0]);
    },
    { timeout: 20_000 },
  );
  expect(await gauge('sluice_lag_seconds')).toBeLessThan(300);

  release();
  await vi.waitFor(
    async () => {
      expect([await gauge('sluice_lag_records'), await gauge('sluice_lag_seconds')]).toEqual([0, 0]);
      expect(pipeline.health).toEqual({
        ready: true,
        reasons: [],
        degraded: [
          {
            reason: 'transaction-open',
            partition: 0,
            offset: 5,
            held: 4,
            since: new Date(firstHeld).toISOString(),
          },
        ],
      });
    },
    { timeout: 20_000 },
  );

  await transaction.abort();
  await vi.waitFor(
    async () => {
      expect(await gauge('sluice_transaction_held_offsets')).toBe(0);
      expect(await gauge('sluice_lag_records')).toBe(0);
      expect(pipeline.health.degraded).toEqual([]);
    },
    { timeout: 20_000 },
  );
  stop.abort();
  // the one after the transaction, which was aborted
  expect(await running).toMatchObject({ written: 6, deadLettered: 0 });
  expect(await gauge('sluice_lag_records')).toBeUndefined();
});
