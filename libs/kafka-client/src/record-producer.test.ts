import type { ICustomPartitioner, Message, PartitionMetadata, Producer } from 'kafkajs';
import { expect, it } from 'vitest';
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
    () => 0,
    () => acknowledging,
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
  const producer = await RecordProducer.open({}, lastPartition, create);
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
