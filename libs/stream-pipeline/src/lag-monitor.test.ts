import type { PartitionOffsets, ReadOptions, RecordBatch } from '@sluice/kafka-client';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { expect, it, vi } from 'vitest';
import { LagMonitor } from './lag-monitor.ts';
import { PartitionTracker } from './partition-tracker.ts';

const firstHeldAt = Date.UTC(2026, 10, 30, 12);

/** A monitor of partition 0, from offset 10 on, with clocks that the test moves. */
function monitored() {
  const clock = { now: firstHeldAt + 90_000, elapsed: 0 };
  const metrics = createPipelineMetrics({ pipeline: 't' });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const reads: ReadOptions[] = [];
  async function* read(options: ReadOptions): AsyncGenerator<RecordBatch> {
    reads.push(options);
    yield await Promise.resolve(batch(20, 25, [{ offset: 20, timestamp: firstHeldAt }]));
  }
  const monitor = new LagMonitor({
    kafka: { read },
    topic: 't',
    metrics,
    logger,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
  });
  const tracker = new PartitionTracker(10);
  monitor.assigned(new Map([[0, tracker]]));
  const gauges = async () => {
    monitor.report();
    const text = await metrics.registry.text();
    const of = (name: string) => new RegExp(`^${name}{partition="0"} (.+)$`, 'm').exec(text)?.[1];
    return [
      of('sluice_lag_records'),
      of('sluice_lag_seconds'),
      of('sluice_transaction_held_offsets'),
    ] as const;
  };
  /** The brokers say so, 5 s later. */
  const polled = (end: number, highWatermark: number) => {
    clock.elapsed += 5_001;
    const offsets: PartitionOffsets[] = [{ partition: 0, begin: 0, end, highWatermark }];
    return monitor.poll({ offsets: () => Promise.resolve(offsets) });
  };
  return { clock, metrics, logger, monitor, tracker, gauges, polled, reads };
}

function batch(
  lastStableOffset: number,
  highWatermark: number,
  records: { offset: number; timestamp: number }[] = [],
): RecordBatch {
  const whole = records.map((record) => ({
    topic: 't',
    partition: 0,
    key: null,
    value: null,
    headers: [],
    ...record,
  }));
  return { topic: 't', partition: 0, records: whole, nextOffset: 0, lastStableOffset, highWatermark };
}

it('shows nothing that is not known: no lag before the ends, no age before the next record is fetched', async () => {
  const { clock, monitor, tracker, gauges, polled } = monitored();
  expect(await gauges()).toEqual([undefined, undefined, undefined]);
  await polled(20, 25);
  expect(await gauges()).toEqual(['10', undefined, '5']);
  tracker.fetched(clock.now - 3_000);
  expect(await gauges()).toEqual(['10', '3', '5']);
  monitor.assigned(new Map());
  expect(await gauges()).toEqual([undefined, undefined, undefined]);
});

it('tells the age of the oldest record that is not settled, and 0 where all are', async () => {
  const { clock, monitor, tracker, gauges } = monitored();
  monitor.fetched(batch(14, 14));
  tracker.fetched(clock.now - 8_000);
  const older = tracker.begin(12);
  tracker.fetched(clock.now - 2_000);
  const newer = tracker.begin(14);
  newer();
  expect(await gauges()).toEqual(['4', '8', '0']);
  clock.now += 1_000;
  expect(await gauges()).toEqual(['4', '9', '0']);
  older();
  tracker.committed(14);
  expect(await gauges()).toEqual(['0', '0', '0']);
  monitor.fetched(batch(15, 15));
  tracker.fetched(-1);
  expect(await gauges()).toEqual(['1', undefined, '0']);
});

it('keeps the newest ends, whatever a batch that has waited brings', async () => {
  const { monitor, gauges, polled } = monitored();
  await polled(30, 35);
  monitor.fetched(batch(12, 12));
  monitor.fetched(batch(30, 30));
  expect(await gauges()).toEqual(['20', undefined, '5']);
});

it('is degraded once one transaction has held records for too long, since the first of them, until it has ended', async () => {
  const { monitor, logger, polled, reads, clock } = monitored();
  const warn = vi.spyOn(logger, 'warn');
  await polled(18, 25);
  clock.elapsed += 50_000;
  // another transaction has ended, and this is the next one
  await polled(20, 25);
  clock.elapsed += 50_000;
  await polled(20, 27);
  expect(monitor.degraded).toEqual([]);
  clock.elapsed += 10_000;
  await polled(20, 28);
  const degraded = {
    reason: 'transaction-open',
    partition: 0,
    offset: 20,
    held: 8,
    since: '2026-11-30T12:00:00.000Z',
  };
  expect(monitor.degraded).toEqual([degraded]);
  await polled(20, 29);
  expect(monitor.degraded).toEqual([{ ...degraded, held: 9 }]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(reads).toMatchObject([
    { isolation: 'read_uncommitted', ranges: new Map([[0, { from: 20, to: 21 }]]) },
  ]);
  await polled(30, 30);
  expect(monitor.degraded).toEqual([]);
});

it('asks the brokers every few seconds at most, and goes on where they do not answer', async () => {
  const { clock, metrics, monitor } = monitored();
  const offsets = vi.fn(() => Promise.reject(new Error('no broker')));
  for (let ms = 0; ms <= 10_000; ms += 500) {
    clock.elapsed = ms;
    await monitor.poll({ offsets });
  }
  expect(offsets).toHaveBeenCalledTimes(3);
  expect(await metrics.registry.text()).toContain('sluice_retries_total{target="offsets",code="failed"} 3');
});
