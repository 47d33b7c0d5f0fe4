import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WireReader, WireWriter } from './kafka-wire.ts';

/** How a broker is reached; `security` is that of its SASL_SSL listener. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly security?: BrokerLogin;
}

/** Of a user whom the broker knows by PLAIN. */
export interface BrokerLogin {
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** A request of Kafka's protocol, in a version that both Kafka 3.9 and 4 speak (KIP-896). */
export interface BrokerRequest {
  readonly name: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly body: WireWriter;
}

/** How long a request is waited for, ms. */
const requestTimeoutMs = 15_000;

/** No answer to a request of this library is larger, bytes. */
const maxResponseBytes = 1024 * 1024;

/**
 * A connection to one broker that sends one request at a time: enough of a client to see whether the broker works, and to give
 * rights. It is no dependency on a client library, so that the tests of one can stand on this library.
 */
export class KafkaConnection {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #signal: AbortSignal;
  #correlationId = 0;

  static async open(broker: BrokerAddress, signal: AbortSignal): Promise<KafkaConnection> {
    const { host, port, security } = broker;
    const socket = security ? connectTls({ host, port, ca: security.ca }) : connectPlain({ host, port });
    // An error ends the request under way; between requests it is seen by the next one.
    socket.on('error', () => undefined);
    try {
      await once(socket, security ? 'secureConnect' : 'connect', { signal: limited(signal) });
      const connection = new KafkaConnection(socket, `${host}:${port}`, signal);
      if (security) await connection.#logIn(security);
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  private constructor(socket: Socket, address: string, signal: AbortSignal) {
    this.#socket = socket;
    this.#address = address;
    this.#signal = signal;
  }

  /** The body of the answer. Rejects where there is none within 15 s, or the connection ends. */
  async request({ name, apiKey, apiVersion, body }: BrokerRequest): Promise<WireReader> {
    if (this.#socket.destroyed) throw new Error(`the connection to ${this.#address} is closed`);
    this.#correlationId += 1;
    const header = new WireWriter()
      .int16(apiKey)
      .int16(apiVersion)
      .int32(this.#correlationId)
      .string('local-stack');
    this.#socket.write(new WireWriter().bytes(Buffer.concat([header.end(), body.end()])).end());
    const answer = new WireReader(await this.#nextMessage(name));
    const correlationId = answer.int32();
    if (correlationId !== this.#correlationId)
      throw new Error(`${this.#address} answered ${name} with correlation id ${correlationId}`);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #nextMessage(name: string): Promise<Buffer> {
    const ended = new AbortController();
    const onClose = () => {
      ended.abort(new Error(`${this.#address} closed the connection at ${name}`));
    };
    this.#socket.once('close', onClose);
    const signal = AbortSignal.any([limited(this.#signal), ended.signal]);
    let received = Buffer.alloc(0);
    try {
      for (;;) {
        const size = received.length < 4 ? undefined : received.readInt32BE(0);
        if (size !== undefined && (size < 4 || size > maxResponseBytes))
          throw new Error(`${this.#address} does not speak Kafka's protocol`);
        if (size !== undefined && received.length >= 4 + size) return received.subarray(4, 4 + size);
        const chunk = this.#socket.read() as Buffer | null;
        if (chunk) received = Buffer.concat([received, chunk]);
        else await once(this.#socket, 'readable', { signal });
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      this.#socket.off('close', onClose);
    }
  }

  async #logIn({ username, password }: BrokerLogin): Promise<void> {
    const handshake = await this.request({
      name: 'SaslHandshake',
      apiKey: 17,
      apiVersion: 1,
      body: new WireWriter().string('PLAIN'),
    });
    expectNoError('SaslHandshake', handshake.int16(), null);
    const answer = await this.request({
      name: 'SaslAuthenticate',
      apiKey: 36,
      apiVersion: 0,
      body: new WireWriter().bytes(Buffer.from(`\0${username}\0${password}`)),
    });
    expectNoError('SaslAuthenticate', answer.int16(), answer.string());
  }
}

/** Throws with the broker's error code, as the table "Error Codes" of Kafka's protocol guide numbers them. */
export function expectNoError(name: string, code: number, message: string | null): void {
  if (code !== 0) throw new Error(`Kafka refused ${name}: error ${code}${message ? `, ${message}` : ''}`);
}

function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
}
