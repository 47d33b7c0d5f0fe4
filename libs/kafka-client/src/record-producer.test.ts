import type { ICustomPartitioner, Message, PartitionMetadata, Producer } from 'kafkajs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { KafkaError } from './errors.ts';
import { RecordProducer } from './record-producer.ts';

it('bounds the bytes of a request, and lets a larger record travel alone', async () => {
  const requests: number[][] = [];
  const sizes = (messages: readonly Message[]) => messages.map(({ value }) => value?.length ?? 0);
  const acknowledging = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send: ({ topic, messages }: { topic: string; messages: Message[] }) => {
      requests.push(sizes(messages));
      return Promise.resolve([{ topicName: topic, partition: 0, errorCode: 0 }]);
    },
  } as unknown as Producer;
  const producer = await RecordProducer.open(
    { maxRequestBytes: 1_000 },
    { partitioner: () => 0, create: () => acknowledging, countPartitions: () => Promise.resolve(1) },
  );
  const valueOf = (bytes: number) => ({ key: null, value: Buffer.alloc(bytes) });
  await producer.send('t', [400, 500, 200, 5_000, 300].map(valueOf));
  await producer.close();
  expect(requests).toEqual([[400, 500], [200], [5_000], [300]]);
});

/** A cluster whose topic has other partitions at each attempt, and which acknowledges the last attempt only. */
async function partitionsByAttempt(counts: readonly number[]): Promise<readonly number[]> {
  const used: number[] = [];
  const create = (partitioner: ICustomPartitioner) =>
    ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: ({ topic, messages }: { topic: string; messages: Message[] }) => {
        const partitionMetadata = Array.from({ length: counts[used.length] ?? 0 }, (_, partitionId) => ({
          partitionId,
        })) as PartitionMetadata[];
        const partition = partitioner()({ topic, partitionMetadata, message: messages[0]! });
        used.push(partition);
        if (used.length < counts.length) return Promise.reject(new Error('the answer was lost'));
        return Promise.resolve([{ topicName: topic, partition, errorCode: 0 }]);
      },
    }) as unknown as Producer;
  const lastPartition = ({ partitionMetadata }: { partitionMetadata: readonly unknown[] }) =>
    partitionMetadata.length - 1;
  const producer = await RecordProducer.open(
    {},
    { partitioner: lastPartition, create, countPartitions: () => Promise.resolve(counts[0] ?? 0) },
  );
  await producer.send('t', [{ key: Buffer.from('k'), value: null }]);
  await producer.close();
  return used;
}

it('sends a record to the same partition again, though the topic has more of them by then', async () => {
  expect(await partitionsByAttempt([2, 4])).toEqual([1, 1]);
});

it('chooses another partition where the topic was made anew with fewer', async () => {
  expect(await partitionsByAttempt([4, 2])).toEqual([3, 1]);
});

/** A cluster that acknowledges everything, but knows of a topic only what `countPartitions` says. */
function clusterThatKnows(countPartitions: (topic: string) => Promise<number>) {
  const acknowledging = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send: ({ topic }: { topic: string }) =>
      Promise.resolve([{ topicName: topic, partition: 0, errorCode: 0 }]),
  } as unknown as Producer;
  return { partitioner: () => 0, create: () => acknowledging, countPartitions };
}

const missing = () =>
  Promise.reject(new KafkaError('unknown-topic', 'topic t does not exist', { retryable: true }));
const record = { key: null, value: Buffer.from('v') };

it('gives a new topic 5 s to become known, and rejects what is for a missing one', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const start = performance.now();
  let isCreated = false;
  const producer = await RecordProducer.open(
    {},
    clusterThatKnows((topic) => (topic === 'new' && isCreated ? Promise.resolve(1) : missing())),
  );
  const toMissing = producer.send('t', [record]).catch((error: unknown) => error);
  const toNew = producer.send('new', [record]);
  await vi.advanceTimersByTimeAsync(4_000);
  isCreated = true;
  await vi.advanceTimersByTimeAsync(4_000);
  await toNew;
  expect(await toMissing).toMatchObject({ code: 'unknown-topic', unsent: [record], unknown: [] });
  expect(performance.now() - start).toBeLessThan(10_000);
  await producer.close();
});

it('waits for a missing topic without end where a send has no deadline', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let isCreated = false;
  const retries: Error[] = [];
  const producer = await RecordProducer.open(
    { deliveryTimeoutMs: Infinity, onRetry: (error) => retries.push(error) },
    clusterThatKnows(() => (isCreated ? Promise.resolve(1) : missing())),
  );
  const sent = producer.send('t', [record]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(retries[0]).toMatchObject({ code: 'unknown-topic' });
  isCreated = true;
  await vi.advanceTimersByTimeAsync(2_000);
  await sent;
  await producer.close();
});

it('close() gives up after 30 s by itself, and says what was not sent', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const producer = await RecordProducer.open(
    {},
    clusterThatKnows(() => new Promise<number>(() => undefined)),
  );
  const sent = producer.send('t', [record]).catch((error: unknown) => error);
  const closed = producer.close();
  await vi.advanceTimersByTimeAsync(30_000);
  await closed;
  expect(await sent).toMatchObject({ code: 'closed', retryable: true, unsent: [record] });
  await expect(producer.send('t', [record])).rejects.toMatchObject({ code: 'closed' });
});

it('keeps the connections of 32 topics, and sends to any again', async () => {
  const cluster = clusterThatKnows(() => Promise.resolve(1));
  let open = 0;
  const create = () => {
    const acknowledging = cluster.create();
    const connect = () => Promise.resolve(void (open += 1));
    const disconnect = () => Promise.resolve(void (open -= 1));
    return { ...acknowledging, connect, disconnect } as Producer;
  };
  const producer = await RecordProducer.open({}, { ...cluster, create });
  for (let topic = 0; topic < 40; topic += 1) await producer.send(`t${topic}`, [record]);
  expect(open).toBe(32);
  await producer.send('t0', [record]);
  await producer.close();
  expect(open).toBe(0);
});
