import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const produceApi = 0;

/** What lies between a client and a broker: a wire that a test can cut. */
export class Proxy {
  readonly #server = createServer((client) => {
    this.#join(client);
  });
  readonly #sockets = new Set<Socket>();
  readonly #brokerPort: number;
  #away = false;
  #acknowledgementsToLose = 0;
  /** Produce requests that reached the broker while their acknowledgement did not come back. */
  lostAcknowledgements = 0;

  constructor(brokerPort: number) {
    this.#brokerPort = brokerPort;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Cuts the connection of each of the next `count` produce requests once the broker has answered it, and swallows the answer. */
  loseAcknowledgements(count: number): void {
    this.#acknowledgementsToLose = count;
  }

  /** Ends every connection and takes no new one until `comeBack`. */
  goAway(): void {
    this.#away = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  comeBack(): void {
    this.#away = false;
  }

  close(): void {
    this.goAway();
    this.#server.close();
  }

  #join(client: Socket): void {
    this.#sockets.add(client);
    client.on('error', () => client.destroy()).on('close', () => this.#sockets.delete(client));
    if (this.#away) {
      client.destroy();
      return;
    }
    const broker = connect(this.#brokerPort, '127.0.0.1');
    this.#sockets.add(broker);
    broker.on('error', () => broker.destroy()).on('close', () => this.#sockets.delete(broker));
    let swallowed: number | undefined;
    const requests = new Frames(({ apiKey, correlationId }) => {
      if (apiKey !== produceApi || this.#acknowledgementsToLose === 0 || swallowed !== undefined) return;
      this.#acknowledgementsToLose -= 1;
      swallowed = correlationId;
    });
    client.on('data', (bytes) => {
      requests.add(bytes);
      broker.write(bytes);
    });
    broker.on('data', (bytes) => {
      if (swallowed === undefined) {
        client.write(bytes);
        return;
      }
      // One request at a time is under way on a producer's connection: this is the answer to it, so the broker has the records.
      this.lostAcknowledgements += 1;
      client.destroy();
      broker.destroy();
    });
    client.on('close', () => broker.destroy());
    broker.on('close', () => client.destroy());
  }
}

/** Finds the requests in a stream: length, API key, API version, correlation id. */
class Frames {
  readonly #found: (request: { apiKey: number; correlationId: number }) => void;
  #bytes = Buffer.alloc(0);
  #skip = 0;

  constructor(found: (request: { apiKey: number; correlationId: number }) => void) {
    this.#found = found;
  }

  add(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const skipped = Math.min(this.#skip, this.#bytes.length);
      this.#bytes = this.#bytes.subarray(skipped);
      this.#skip -= skipped;
      if (this.#bytes.length < 12) return;
      this.#found({ apiKey: this.#bytes.readInt16BE(4), correlationId: this.#bytes.readInt32BE(8) });
      this.#skip = 4 + this.#bytes.readInt32BE(0);
    }
  }
}
