// A program with a kafkajs of its own beside @sluice/kafka-client: node own-kafkajs.mjs before|after|interleaved, which says
// when the program loads its own. Prints what each of the two delivered.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

const order = process.argv[2];
const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',');
const loadOwn = () => createRequire(import.meta.url)('kafkajs');
const loadOurs = () => import('@sluice/kafka-client');

let own = order === 'before' ? loadOwn() : undefined;
const { KafkaClient } = await loadOurs();
const kafka = new KafkaClient({ brokers, clientId: 'ours' });
const admin = await kafka.admin();
// both in use at once, where they are to interleave
const early = order === 'interleaved' ? await kafka.producer() : undefined;
own ??= loadOwn();

const topic = `own-${randomUUID()}`;
await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
const theirs = new own.Kafka({ brokers, clientId: 'own', logLevel: own.logLevel.NOTHING });
const theirProducer = theirs.producer();
await theirProducer.connect();
await theirProducer.send({
  topic,
  messages: [{ key: 'own', value: 'own', headers: { a: ['1', '2'], b: '3' } }],
});
const ourProducer = early ?? (await kafka.producer());
await ourProducer.send(topic, [
  { key: Buffer.from('ours'), value: Buffer.from('ours'), headers: [['c', null]] },
]);

const ours = await readOurs(2);
const messages = await readTheirs(2);
await Promise.all([theirProducer.disconnect(), ourProducer.close()]);
await admin.deleteTopic(topic);
await admin.close();
const [first] = messages;
// what a program does with a message: copy it, and read its headers by name
const copy = { ...first };
console.log(
  JSON.stringify({
    ours: ours.map(({ key, offset, headers }) => [String(key), offset, headers.length]),
    own: messages.map(({ key, offset }) => [String(key), offset]),
    copy: {
      value: String(copy.value),
      offset: copy.offset,
      b: String(copy.headers.b),
      a: copy.headers.a.map(String),
    },
  }),
);

async function readOurs(count) {
  const records = [];
  const { promise, resolve, reject } = Promise.withResolvers();
  const consumer = await kafka.consumer(
    { topic, groupId: `ours-${topic}` },
    {
      assigned: () => undefined,
      batch: (batch) => {
        records.push(...batch.records);
        if (records.length >= count) resolve();
        return Promise.resolve();
      },
      failed: reject,
    },
  );
  await promise;
  await consumer.stop();
  return records;
}

async function readTheirs(count) {
  const received = [];
  const consumer = theirs.consumer({ groupId: `own-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers();
  await consumer.run({
    eachMessage: ({ message }) => {
      received.push(message);
      if (received.length >= count) resolve();
      return Promise.resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return received;
}
