import { type ConsumerHandler, type KafkaClient, KafkaError } from '@sluice/kafka-client';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { expect, it, vi } from 'vitest';
import { StreamPipeline } from './pipeline.ts';

it('is not ready from when the brokers are away until its partitions are assigned again', async () => {
  let handler: ConsumerHandler | undefined;
  const close = () => Promise.resolve();
  const consumer = { quiesce: () => undefined, stop: close };
  const kafka = {
    admin: () => Promise.resolve({ close }),
    consumer: (_: object, given: ConsumerHandler) => {
      handler = given;
      return Promise.resolve(consumer);
    },
  } as unknown as KafkaClient;
  const pipeline = new StreamPipeline({
    source: { kafka, topic: 't', groupId: 'g' },
    decode: { decode: () => ({ kind: 'filtered' }) },
    sink: { write: () => Promise.resolve([]) },
    deadLetters: { topic: 't.dlq' },
    metrics: createPipelineMetrics({ pipeline: 't' }),
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  const stop = new AbortController();
  const running = pipeline.run(stop.signal);
  await vi.waitFor(() => {
    expect(handler).toBeDefined();
  });

  handler?.interrupted?.(new KafkaError('unreachable', 'no broker answers', { retryable: true }));
  expect(pipeline.health).toEqual({ ready: false, reasons: ['kafka:unreachable'] });
  handler?.assigned({ epoch: 1, positions: new Map() });
  expect(pipeline.health).toEqual({ ready: true, reasons: [] });
  Object.assign(consumer, { commit: () => Promise.resolve('committed') });
  stop.abort();
  await running;
});
