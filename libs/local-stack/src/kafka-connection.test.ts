import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { KafkaConnection } from './kafka-connection.ts';
import { WireWriter } from './kafka-wire.ts';

const request = { name: 'Metadata', apiKey: 3, apiVersion: 1, body: new WireWriter().int32(0) };

/** A connection to a server that does something with what it is sent. */
async function connectedTo(serve: (socket: Socket, received: Buffer) => unknown): Promise<KafkaConnection> {
  const server = createServer((socket) => {
    socket.on('data', (received) => serve(socket, received)).on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = await KafkaConnection.open({ host: '127.0.0.1', port }, AbortSignal.timeout(5_000));
  onTestFinished(() => {
    connection.close();
    server.close();
  });
  return connection;
}

const answer = (correlationId: number) =>
  new WireWriter().bytes(new WireWriter().int32(correlationId).string('yes').end()).end();

it('reads an answer that arrives byte by byte', async () => {
  const connection = await connectedTo(async (socket) => {
    for (const byte of answer(1)) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  });
  expect((await connection.request(request)).string()).toBe('yes');
});

it.each<[string, RegExp, (socket: Socket) => unknown]>([
  ['is closed', /closed the connection at Metadata/, (socket) => socket.end()],
  [
    'speaks HTTP',
    /does not speak Kafka's protocol/,
    (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'),
  ],
  ['answers another request', /with correlation id 7/, (socket) => socket.write(answer(7))],
  ['is cut off within an answer', /closed the connection/, (socket) => socket.end(answer(1).subarray(0, 6))],
])('a request fails where the connection %s', async (_, message, serve) => {
  const connection = await connectedTo(serve);
  await expect(connection.request(request)).rejects.toThrow(message);
});

it('a request ends with the signal, and none is sent after that', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const over = new AbortController();
  const { port } = server.address() as AddressInfo;
  const connection = await KafkaConnection.open({ host: '127.0.0.1', port }, over.signal);
  const sent = connection.request(request);
  over.abort(new Error('given up'));
  await expect(sent).rejects.toThrow('given up');
  connection.close();
  await expect(connection.request(request)).rejects.toThrow('is closed');
});
