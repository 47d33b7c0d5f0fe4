import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be held up or cut, so that tests see an outage of a server that others use too. */
export async function tcpProxy(host: string, port: number) {
  const sockets = new Set<Socket>();
  let swallows = false;
  const server = createServer((client) => {
    const upstream = connect(port, host);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      if (!swallows) socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  /** Lets nothing through on the connections that are open, without closing them. */
  const holdUp = () => {
    for (const socket of sockets) socket.unpipe();
  };
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port: proxyPort } = server.address() as AddressInfo;
  return {
    port: proxyPort,
    holdUp,
    /** Holds up new connections, too, until `cut`. */
    swallow() {
      swallows = true;
      holdUp();
    },
    async cut() {
      swallows = false;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: () => listen(proxyPort),
  };
}
