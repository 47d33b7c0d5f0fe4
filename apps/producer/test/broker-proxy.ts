import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * A way to the real broker that can be cut, so that a test sees an outage of a Kafka that others use too. Clients that come
 * through it are told that the broker is here, not at its own address.
 */
export async function brokerProxy(broker: string, port = 0) {
  const [host = '', brokerPort = ''] = broker.split(':');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(brokerPort), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const { port } = server.address() as AddressInfo;
    client.pipe(upstream);
    upstream.pipe(replacing(address(host, Number(brokerPort)), address(host, port))).pipe(client);
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const proxyPort = await listen(port);
  return {
    address: `127.0.0.1:${proxyPort.toString()}`,
    async cut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: () => listen(proxyPort),
  };
}

/** A host and a port as the answer to a Metadata request has them: https://kafka.apache.org/protocol */
function address(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length, 0);
  bytes.write(host, 2);
  bytes.writeInt32BE(port, 2 + host.length);
  return bytes;
}

function replacing(from: Buffer, to: Buffer): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(from); at >= 0; at = chunk.indexOf(from, at + 1)) to.copy(chunk, at);
      done(null, chunk);
    },
  });
}
