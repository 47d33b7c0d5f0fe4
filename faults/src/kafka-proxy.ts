import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Requests of the Kafka protocol, by their number: https://kafka.apache.org/protocol#protocol_api_keys */
export const apiKeys = { produce: 0, metadata: 3, offsetCommit: 8, findCoordinator: 10 } as const;

interface KafkaFault {
  /** True cuts the connection in place of the answer: the broker has done it, the client does not know. */
  readonly losesAnswer?: (apiKey: number) => boolean;
  /** True keeps the request from the broker for as long as this stands; later ones overtake it. */
  readonly holdsRequest?: (apiKey: number) => boolean;
}

/** Two bytes of length, the host, four bytes of port, as answers name a broker. */
function address(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length, 0);
  bytes.write(host, 2);
  bytes.writeInt32BE(port, 2 + host.length);
  return bytes;
}

/**
 * A way to all brokers that knows requests from answers. Clients that come through it are told that the brokers are here, so
 * none finds a way around it.
 */
export class KafkaProxy {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #addresses: { readonly real: Buffer; readonly here: Buffer }[] = [];
  readonly #held = new Set<() => void>();
  #fault: KafkaFault = {};
  /** Bootstrap brokers for clients. */
  brokers: readonly string[] = [];
  /** Answers that were lost. */
  lostAnswers = 0;
  /** Requests that were held back. */
  heldRequests = 0;

  static async open(brokers: readonly string[]): Promise<KafkaProxy> {
    const proxy = new KafkaProxy();
    proxy.brokers = await Promise.all(brokers.map((broker) => proxy.#serve(broker)));
    return proxy;
  }

  /** From now on; {} is none, and lets go what was held back. */
  set fault(fault: KafkaFault) {
    this.#fault = fault;
    for (const send of [...this.#held]) send();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map(async (server) => {
        const closed = once(server, 'close');
        server.close();
        await closed;
      }),
    );
  }

  async #serve(broker: string): Promise<string> {
    const [host = '', port = ''] = broker.split(':');
    const server = createServer((client) => {
      this.#join(client, connect(Number(port), host));
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const here = (server.address() as AddressInfo).port;
    this.#addresses.push({ real: address(host, Number(port)), here: address(host, here) });
    return `127.0.0.1:${here}`;
  }

  #join(client: Socket, broker: Socket): void {
    const asked = new Map<number, number>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    const requests = new Frames();
    client.on('data', (chunk: Buffer) => {
      requests.push(chunk);
      for (let frame = requests.next(); frame; frame = requests.next()) this.#forward(frame, asked, broker);
    });
    const answers = new Frames();
    broker.on('data', (chunk: Buffer) => {
      answers.push(chunk);
      for (let frame = answers.next(); frame; frame = answers.next()) {
        const apiKey = asked.get(frame.readInt32BE(4)) ?? -1;
        asked.delete(frame.readInt32BE(4));
        if (this.#fault.losesAnswer?.(apiKey)) {
          this.lostAnswers += 1;
          client.destroy();
          return;
        }
        if (apiKey === apiKeys.metadata || apiKey === apiKeys.findCoordinator) this.#readdress(frame);
        client.write(frame);
      }
    });
  }

  #forward(frame: Buffer, asked: Map<number, number>, broker: Socket): void {
    const apiKey = frame.readInt16BE(4);
    const send = () => {
      this.#held.delete(send);
      asked.set(frame.readInt32BE(8), apiKey);
      if (!broker.destroyed) broker.write(frame);
    };
    if (!this.#fault.holdsRequest?.(apiKey)) {
      send();
      return;
    }
    this.heldRequests += 1;
    this.#held.add(send);
  }

  #readdress(frame: Buffer): void {
    for (const { real, here } of this.#addresses)
      for (let at = frame.indexOf(real); at >= 0; at = frame.indexOf(real, at + 1)) here.copy(frame, at);
  }
}

/** Cuts a stream into the messages of the Kafka protocol: four bytes of size, then as many bytes. */
class Frames {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  /** The next whole message with its size; undefined where there is none yet. */
  next(): Buffer | undefined {
    if (this.#bytes.length < 4) return undefined;
    const end = 4 + this.#bytes.readInt32BE(0);
    if (this.#bytes.length < end) return undefined;
    const frame = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return frame;
  }
}
