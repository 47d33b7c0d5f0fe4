import {
  type ConsumedRecord,
  type ConsumerHandler,
  type KafkaClient,
  KafkaError,
  type OffsetToCommit,
  type RecordBatch,
} from '@sluice/kafka-client';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { expect, it, vi } from 'vitest';
import { RecordHeld } from './errors.ts';
import { StreamPipeline } from './pipeline.ts';

/** A pipeline that runs with a consumer whose handler the test calls. Records whose value begins with 0 are held. */
async function running(maxInFlightBytes?: number) {
  let handler: ConsumerHandler | undefined;
  const close = () => Promise.resolve();
  const over = new AbortController();
  const commits: { epoch: number; partition: number; offset: number }[] = [];
  const consumer = {
    quiesce: () => {
      over.abort();
    },
    stop: close,
    commit: (epoch: number, offsets: readonly OffsetToCommit[]) => {
      commits.push(...offsets.map(({ partition, offset }) => ({ epoch, partition, offset })));
      return Promise.resolve('committed');
    },
  };
  const kafka = {
    admin: () =>
      Promise.resolve({ close, offsets: () => Promise.resolve([]), partitions: () => Promise.resolve([]) }),
    consumer: (_: object, given: ConsumerHandler) => {
      handler = given;
      return Promise.resolve(consumer);
    },
  } as unknown as KafkaClient;
  const metrics = createPipelineMetrics({ pipeline: 't' });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const pipeline = new StreamPipeline({
    source: { kafka, topic: 't', groupId: 'g' },
    decode: {
      decode: ({ value }) => {
        if (value?.[0] === 0) throw new RecordHeld('registry-unreachable', 'the registry is away');
        return { kind: 'filtered' };
      },
    },
    sink: { prepare: (mutation) => mutation, write: () => Promise.resolve([]) },
    deadLetters: { topic: 't.dlq' },
    metrics,
    logger,
    ...(maxInFlightBytes !== undefined && { maxInFlightBytes }),
  });
  const stop = new AbortController();
  const ended = pipeline.run(stop.signal);
  const stopped = () => {
    stop.abort();
    return ended;
  };
  const consuming = await vi.waitUntil(() => handler);
  return { pipeline, handler: consuming, over: over.signal, stopped, commits, metrics, logger };
}

function batchOf(partition: number, value: Buffer, count: number): RecordBatch {
  const records = Array.from({ length: count }, (_, offset): ConsumedRecord => {
    return { topic: 't', partition, offset, timestamp: 0, key: null, value, headers: [] };
  });
  return { topic: 't', partition, records, nextOffset: count, lastStableOffset: count, highWatermark: count };
}

it('is not ready from when the brokers are away until its partitions are assigned again', async () => {
  const { pipeline, handler, stopped } = await running();
  handler.interrupted?.(new KafkaError('unreachable', 'no broker answers', { retryable: true }));
  expect(pipeline.health).toEqual({ ready: false, reasons: ['kafka:unreachable'], degraded: [] });
  handler.assigned({ epoch: 1, positions: new Map() });
  expect(pipeline.health).toEqual({ ready: true, reasons: [], degraded: [] });
  await stopped();
});

it('goes on with a partition while others hold more than all the room', async () => {
  const { pipeline, handler, over, stopped } = await running(10_000);
  handler.assigned({ epoch: 1, positions: new Map([0, 1, 2].map((partition) => [partition, 0])) });
  for (const partition of [0, 1]) void handler.batch(batchOf(partition, Buffer.alloc(500), 10), 1, over);
  await handler.batch(batchOf(2, Buffer.alloc(500, 1), 10), 1, over);
  await vi.waitFor(() => {
    expect(pipeline.totals.filtered).toBe(10);
  });
  expect(pipeline.inFlight).toBe(20);
  expect(await stopped()).toMatchObject({ filtered: 10, abandoned: 0 });
});

it('commits nothing of an epoch that ended while records were held, and settles them in the next one', async () => {
  const { pipeline, handler, over, stopped, commits } = await running();
  const rebalance = new AbortController();
  handler.assigned({ epoch: 1, positions: new Map([[0, 0]]) });
  const batch = batchOf(0, Buffer.alloc(1), 10);
  await handler.batch(batch, 1, rebalance.signal);
  await vi.waitFor(() => {
    expect(pipeline.health.reasons).toEqual(['decode:registry-unreachable']);
  });
  rebalance.abort();
  await vi.waitFor(() => {
    expect(pipeline.inFlight).toBe(0);
  });
  expect(pipeline.health.ready).toBe(true);

  handler.assigned({ epoch: 2, positions: new Map([[0, 0]]) });
  await handler.batch(batchOf(0, Buffer.alloc(1, 1), 10), 2, over);
  await vi.waitFor(() => {
    expect(pipeline.totals.filtered).toBe(10);
  });
  expect(await stopped()).toMatchObject({ filtered: 10, abandoned: 0 });
  expect(commits).toEqual([{ epoch: 2, partition: 0, offset: 10 }]);
});

it('logs and counts each partition that went on elsewhere, since its records were gone', async () => {
  const { handler, stopped, metrics, logger } = await running();
  const warn = vi.spyOn(logger, 'warn');
  handler.assigned({
    epoch: 1,
    positions: new Map([
      [0, 10],
      [1, 3],
    ]),
    outOfRange: [{ partition: 0, expected: 5 }],
  });
  expect(warn.mock.calls.map(([fields]) => fields)).toEqual([{ partition: 0, expected: 5, position: 10 }]);
  expect(await metrics.registry.text()).toContain(
    'sluice_retries_total{target="offsets",code="offset-out-of-range"} 1',
  );
  await stopped();
});
