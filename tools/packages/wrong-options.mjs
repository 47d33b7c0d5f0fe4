// Gives each library an option that cannot work, and prints what it was told.
import { createServer } from 'node:net';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';

const clientId = 'wrong-options';
const cases = {
  'a broker without a port': () => new KafkaClient({ brokers: ['127.0.0.1'], clientId }),
  'brokers as a text': () => new KafkaClient({ brokers: '127.0.0.1:9092', clientId }),
  'credentials that Kafka does not take': async () => {
    const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',');
    const sasl = { mechanism: 'plain', username: 'nobody', password: 'wrong' };
    return (await new KafkaClient({ brokers, clientId, sasl }).admin()).close();
  },
  'no localDataCenter': () => CassandraSession.connect({ contactPoints: ['127.0.0.1'] }),
  'a port of another service': () => toHttpPort(),
};

const results = {};
for (const [name, act] of Object.entries(cases)) {
  const start = performance.now();
  try {
    await act();
    results[name] = 'accepted';
  } catch ({ code, retryable, message }) {
    results[name] = {
      code,
      retryable,
      isQuick: performance.now() - start < 10_000,
      namesSettings: /KAFKA_|CASSANDRA_|npx nx/.test(message),
    };
  }
}
console.log(JSON.stringify(results));

/** A server that answers as an HTTP server does. */
async function toHttpPort() {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const brokers = [`127.0.0.1:${server.address().port}`];
    await (await new KafkaClient({ brokers, clientId }).admin()).close();
  } finally {
    server.close();
  }
}
