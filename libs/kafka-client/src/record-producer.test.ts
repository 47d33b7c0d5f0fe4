import type { Message, Producer } from 'kafkajs';
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
