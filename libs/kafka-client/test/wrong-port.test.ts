import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { KafkaClient } from '../src/index.ts';

/** The failure of a client that is led to a server which answers whatever it is sent with these bytes. */
async function failureOf(answer: Buffer): Promise<{ error: unknown; ms: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => socket.write(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const start = performance.now();
  try {
    await (await new KafkaClient({ brokers: [`127.0.0.1:${port}`], clientId: 'wrong-port' }).admin()).close();
    return { error: undefined, ms: 0 };
  } catch (error) {
    return { error, ms: performance.now() - start };
  } finally {
    server.close();
  }
}

/** An answer to Cassandra's eyes: the request is of no version that it knows. */
const cassandra = Buffer.from('8500000000000000510000000a004b496e76616c6964', 'hex');

it.each([
  ['Cassandra', cassandra],
  ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
  ['TLS', Buffer.from('15030300020246', 'hex')],
  ['PostgreSQL', Buffer.from('E\0\0\0\x8bSFATAL\0')],
  ['a size of 0', Buffer.alloc(4)],
  ['a size of 2 GiB, byte by byte', Buffer.from('7fffffff00', 'hex')],
])('a port of something else (%s) is an error of that connection, at once', async (_, answer) => {
  const { error, ms } = await failureOf(answer);

  expect(error).toMatchObject({
    name: 'KafkaError',
    code: 'unreachable',
    message: expect.stringMatching(/is no answer of a Kafka broker.*check host and port.*TLS \(ssl\)/),
  });
  expect(ms).toBeLessThan(10_000);
});
