import type { Socket } from 'node:net';
import { loadModule } from './kafkajs-module.ts';

/** What {@link boundAnswers} uses of a connection of kafkajs. */
interface Connection {
  readonly host: string;
  readonly port: number;
  readonly socket: Socket;
  readonly requestQueue: {
    fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void;
  };
  readonly authHandlers: { onSuccess(bytes: Buffer): void } | null;
  readonly authExpectResponse: boolean;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  processData(bytes: Buffer): void;
}

const sizeBytes = 4;
const correlationIdBytes = 4;

/**
 * Bytes of an answer that no broker exceeds: a fetch is limited to far less, and so is a record. What other services send first
 * reads as more (HTTP, TLS, SSH, PostgreSQL) or as less than nothing (Cassandra).
 */
const largestAnswer = 256 * 1024 * 1024;

/** What a connection fails with that is led to something else than a broker. */
export const notABroker = 'is no answer of a Kafka broker';

/**
 * kafkajs believes the size that an answer begins with: one below 0 ends the process by an uncaught RangeError, a large one is
 * waited for until the request times out. Here a size out of bounds is an error of its connection.
 */
export function boundAnswers(): void {
  const { prototype } = loadModule('kafkajs/src/network/connection') as { prototype: Connection };
  prototype.processData = function (this: Connection, bytes: Buffer) {
    // before Kafka 1.0 the exchange of SASL had no frames
    if (this.authHandlers && !this.authExpectResponse) {
      this.authHandlers.onSuccess(bytes);
      return;
    }
    this.chunks.push(bytes);
    this.bytesBuffered += bytes.length;
    while (this.bytesNeeded <= this.bytesBuffered) {
      const [only] = this.chunks;
      const buffer = only && this.chunks.length === 1 ? only : Buffer.concat(this.chunks);
      const size = buffer.readInt32BE(0);
      const end = sizeBytes + size;
      if (size < (this.authHandlers ? 0 : correlationIdBytes) || size > largestAnswer) {
        this.socket.destroy(new Error(`what ${this.host}:${this.port} sent ${notABroker}`));
        return;
      }
      const isWhole = buffer.length >= end;
      const rest = isWhole ? buffer.subarray(end) : buffer;
      this.chunks = [rest];
      this.bytesBuffered = rest.length;
      this.bytesNeeded = isWhole ? sizeBytes : end;
      if (!isWhole) return;
      if (this.authHandlers) {
        this.authHandlers.onSuccess(buffer.subarray(0, end));
        return;
      }
      const payloadAt = sizeBytes + correlationIdBytes;
      const correlationId = buffer.readInt32BE(sizeBytes);
      this.requestQueue.fulfillRequest({ size, correlationId, payload: buffer.subarray(payloadAt, end) });
    }
  };
}
