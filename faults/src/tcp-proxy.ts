import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Duplex, Transform } from 'node:stream';
import { elapsed } from './until.ts';

/** What a proxy holds back: what clients ask, what the server answers, or both. */
export type Direction = 'requests' | 'answers';

interface Flow {
  readonly direction: Direction;
  readonly from: Duplex;
  readonly to: Duplex;
}

/** A way to a real server that can be slowed, stalled or cut, so that one client sees a fault of a server that others use too. */
export async function tcpProxy(host: string, port: number) {
  const flows = new Set<Flow>();
  const sockets = new Set<Socket>();
  const stalled = new Set<Direction>();
  let latencyMs = 0;
  const slow = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        void elapsed(latencyMs).then(() => {
          done(null, chunk);
        });
      },
    });
  const server = createServer((client) => {
    const upstream = connect(port, host);
    const delayed = upstream.pipe(slow());
    const own: readonly Flow[] = [
      { direction: 'requests', from: client, to: upstream },
      { direction: 'answers', from: delayed, to: client },
    ];
    for (const flow of own) {
      flows.add(flow);
      if (!stalled.has(flow.direction)) flow.from.pipe(flow.to);
    }
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        for (const flow of own) flows.delete(flow);
        other.destroy();
      });
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port: proxyPort } = server.address() as AddressInfo;
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port: proxyPort,
    /** Lets nothing through in these directions, without closing anything. */
    stall(...directions: readonly Direction[]) {
      for (const direction of directions) stalled.add(direction);
      for (const { direction, from, to } of flows) if (stalled.has(direction)) from.unpipe(to);
    },
    /** Lets everything through again, what was held back first. */
    flow() {
      for (const { direction, from, to } of flows) if (stalled.has(direction)) from.pipe(to);
      stalled.clear();
    },
    /** Whether anything is held back now. */
    get isHolding() {
      return [...flows].some(({ direction, from }) => stalled.has(direction) && from.readableLength > 0);
    },
    /** Delays each packet of the server. */
    slowDown(ms: number) {
      latencyMs = ms;
    },
    /** Closes every connection, and refuses new ones. */
    cut,
    restore: () => listen(proxyPort),
    close: cut,
  };
}

export type TcpProxy = Awaited<ReturnType<typeof tcpProxy>>;
