// An idle producer and consumer, watched for two seconds: prints how many timers they start a second.
// Needs: node --conditions=@sluice/source, KAFKA_BROKERS; the topic is the first argument.
import { KafkaClient } from '../src/index.ts';

const kafka = new KafkaClient({ brokers: process.env.KAFKA_BROKERS.split(','), clientId: 'idle' });
const topic = process.argv[2];
const producer = await kafka.producer();
let assigned;
const ready = new Promise((resolve) => (assigned = resolve));
const consumer = await kafka.consumer(
  { topic, groupId: `idle-${process.pid}` },
  { assigned, batch: () => Promise.resolve(), failed: (error) => console.error(error) },
);
await producer.send(topic, [{ key: null, value: Buffer.from('one') }]);
await ready;

let timers = 0;
const start = globalThis.setTimeout;
globalThis.setTimeout = (...args) => {
  timers += 1;
  return start(...args);
};
await new Promise((resolve) => start(resolve, 2_000));
console.log(JSON.stringify({ timersPerSecond: timers / 2 }));
await producer.close();
await consumer.stop();
