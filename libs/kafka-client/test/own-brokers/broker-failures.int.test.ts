import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  HybridClock,
  type KafkaAdmin,
  KafkaClient,
  lastHeader,
  type ProducerOptions,
  type ProducerRecord,
  sluiceHeaders,
} from '../../src/index.ts';
import { freePort, startOwnBroker } from '../own-broker.ts';
import { Proxy } from '../proxy.ts';
import { Reader, until } from '../reader.ts';

/** A broker whose clients come through a wire that the tests cut. */
let stopBroker: (() => Promise<void>) | undefined;
let proxy: Proxy;
let wired: KafkaClient;
let direct: KafkaClient;
let admin: KafkaAdmin;

beforeAll(async () => {
  const [port, behind, front] = [await freePort(), await freePort(), await freePort()];
  stopBroker = await startOwnBroker(port, {
    listeners: [{ name: 'WIRED', protocol: 'PLAINTEXT', port: behind, advertisedPort: front }],
  });
  proxy = new Proxy(behind);
  await proxy.listen(front);
  wired = new KafkaClient({ brokers: [`127.0.0.1:${front}`], clientId: 'wired', requestTimeoutMs: 3_000 });
  direct = new KafkaClient({ brokers: [`127.0.0.1:${port}`], clientId: 'direct' });
  admin = await direct.admin();
});

afterEach(() => {
  proxy.comeBack();
});

afterAll(async () => {
  await admin?.close();
  proxy?.close();
  await stopBroker?.();
});

async function newTopic(partitions = 1): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await admin.createTopic({ topic, partitions, replicationFactor: 1 });
  return topic;
}

function numbered(count: number, from = 0): ProducerRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from('k'),
    value: Buffer.from(`${from + i}`),
  }));
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

async function contentOf(topic: string, atLeast: number): Promise<Reader> {
  const reader = await new Reader().start(direct, { topic });
  await until(() => reader.records.length >= atLeast);
  await reader.stop();
  return reader;
}

describe('a producer whose acknowledgements are lost', () => {
  it('has every record in the topic once, in order', async () => {
    const topic = await newTopic();
    const producer = await wired.producer({ maxRequestRecords: 10 });
    await producer.send(topic, numbered(10));
    proxy.lostAcknowledgements = 0;
    proxy.loseAcknowledgements(3);
    // Sends of equal size side by side: the case in which kafkajs alone takes one for the repetition of another.
    await Promise.all([1, 2, 3, 4, 5].map((n) => producer.send(topic, numbered(10, n * 10))));
    await producer.close();
    expect(proxy.lostAcknowledgements).toBe(3);
    expect((await contentOf(topic, 60)).values).toEqual(numbers(60));
  });

  it('sends the same write timestamps and times again when it has to begin anew', async () => {
    const topic = await newTopic();
    const retried: string[] = [];
    const options: ProducerOptions = {
      writeTimestamps: new HybridClock(),
      onRetry: (error) => retried.push(error.message),
    };
    const producer = await wired.producer(options);
    proxy.loseAcknowledgements(18); // as many as kafkajs repeats a request by itself, and one more
    await producer.send(topic, numbered(5));
    await producer.close();
    expect(retried).not.toEqual([]);
    const { records } = await contentOf(topic, 10);
    expect(records.map(({ value }) => value?.toString())).toEqual([...numbers(5), ...numbers(5)]);
    const stamps = records.map(({ headers, timestamp }) => [
      lastHeader(headers, sluiceHeaders.writeTimestamp)?.toString(),
      timestamp,
    ]);
    expect(stamps.slice(5)).toEqual(stamps.slice(0, 5));
  });
});

describe('while the broker is away', () => {
  it('sends and consumers wait, and go on once it is back; a consumer that was stopped does not', async () => {
    const [topic, stoppedGroup] = [await newTopic(), `g-${randomUUID()}`];
    const failures: unknown[] = [];
    const producer = await wired.producer({ onRetry: (error) => failures.push(error) });
    await producer.send(topic, numbered(1));
    const reader = await new Reader().start(wired, { topic, sessionTimeoutMs: 6_000 });
    const stopped = await new Reader().start(wired, {
      topic,
      groupId: stoppedGroup,
      sessionTimeoutMs: 6_000,
    });
    await until(() => reader.records.length === 1 && stopped.records.length === 1);
    proxy.goAway();
    let settled = false;
    const sends = [1, 2, 3].map((n) => producer.send(topic, numbered(1, n)));
    void Promise.allSettled(sends).then(() => (settled = true));
    expect(await reader.commitAll()).toBe('failed');
    await stopped.stop();
    // Long enough that kafkajs gives up, and the producer is made anew.
    await until(() => failures.length > 0 && reader.interruptions.length > 0);
    expect(reader.interruptions[0]).toMatchObject({ code: 'unreachable', retryable: true });
    expect(stopped.interruptions).toEqual([]);
    expect(settled).toBe(false);
    proxy.comeBack();
    await Promise.all(sends);
    await producer.close();
    // Not committed before the group took its partition away: the first record is read again.
    await until(() => new Set(reader.values).size === 4);
    expect(await reader.commitAll()).toBe('committed');
    await reader.stop();
    expect(reader.values.slice(-4)).toEqual(numbers(4));
    expect(reader.failures).toEqual([]);
    expect((await contentOf(topic, 4)).values).toEqual(numbers(4));
    expect((await admin.group(stoppedGroup)).members).toBe(0);
  });

  it('reading a range waits, and goes on where it was once the broker is back', async () => {
    const topic = await newTopic();
    const producer = await direct.producer();
    await producer.send(topic, numbered(50));
    const retries: string[] = [];
    const ranges = new Map([[0, { from: 0, to: 100 }]]);
    const values: (string | undefined)[] = [];
    const reading = (async () => {
      const onRetry = ({ message }: Error) => retries.push(message);
      for await (const { records } of wired.read({ topic, ranges, onRetry }))
        values.push(...records.map(({ value }) => value?.toString()));
    })();
    await until(() => values.length === 50);
    proxy.goAway();
    await until(() => retries.length > 1);
    await producer.send(topic, numbered(50, 50));
    await producer.close();
    proxy.comeBack();
    await reading;
    expect(values).toEqual(numbers(100));
  });

  it('a send is given up at its deadline, and names what may be in the topic', async () => {
    const topic = await newTopic();
    const producer = await wired.producer({ maxRequestRecords: 2, deliveryTimeoutMs: 1_000 });
    await producer.send(topic, numbered(1));
    proxy.goAway();
    const records = numbered(3, 1);
    await expect(producer.send(topic, records)).rejects.toMatchObject({
      code: 'timed-out',
      retryable: true,
      unknown: records.slice(0, 2),
      unsent: records.slice(2),
      message: expect.stringMatching(/2 may be in the topic, 1 were not sent/),
    });
    proxy.comeBack();
    await until(async () =>
      producer.send(topic, numbered(1, 4)).then(
        () => true,
        () => false,
      ),
    );
    await producer.close();
    const { values } = await contentOf(topic, 2);
    // what may be in the topic comes before what was sent later, or not at all
    expect(values.filter((value) => value !== '1' && value !== '2')).toEqual(['0', '4']);
    expect(values.at(-1)).toBe('4');
  });

  it('closing a producer rejects what was not acknowledged, all of it', async () => {
    const topic = await newTopic();
    const producer = await wired.producer({ maxRequestRecords: 2 });
    await producer.send(topic, numbered(1));
    proxy.goAway();
    const sends = [1, 2, 3].map((n) => producer.send(topic, numbered(3, n)));
    const outcomes = Promise.allSettled(sends);
    await producer.close({ timeoutMs: 100 });
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed', retryable: true } });
    await expect(producer.send(topic, numbered(1))).rejects.toMatchObject({ code: 'closed' });
  });
});
