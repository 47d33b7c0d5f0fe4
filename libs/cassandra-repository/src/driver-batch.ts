import { type Client, type QueryOptions, types } from 'cassandra-driver';
import executionOptions from 'cassandra-driver/lib/execution-options.js';
import prepareHandler from 'cassandra-driver/lib/prepare-handler.js';
import requestHandler from 'cassandra-driver/lib/request-handler.js';
import { valuesOf } from './bound-values.ts';
import type { EncodedMutation } from './mutation-encoder.ts';

/** What a request is written with. */
interface Encoder {
  readonly protocolVersion: number;
}

const { protocolVersion: versions } = types as unknown as {
  protocolVersion: { uses4BytesQueryFlags(version: number): boolean };
};

const headerBytes = 9;
const batchOpcode = 0x0d;
const unlogged = 1;
const preparedKind = 1;

/**
 * Sends mutations as one UNLOGGED batch, as `Client.batch` of the driver does, whose connections, retries, time-outs and
 * prepared statements it uses. Only the request is written another way: `Client.batch` puts each value into buffers of
 * its own, which is more work than all the rest of a request; here what {@link EncodedMutation} holds is copied.
 *
 * Every statement has to bring its timestamp: the batch has none.
 *
 * @param options `routingKey` and `keyspace` for a node that has the rows
 */
export async function sendBatch(
  client: Client,
  mutations: readonly EncodedMutation[],
  options: QueryOptions,
): Promise<void> {
  const execution = executionOptions.DefaultExecutionOptions.create(options, client);
  const statements: Statement[] = [];
  for (const { query } of mutations) {
    if (idOf(statements, query)) continue;
    const policy = execution.getLoadBalancingPolicy();
    const { queryId } = await prepareHandler.getPrepared(client, policy, query, client.keyspace);
    statements.push({ query, id: queryId });
  }
  const request = new BatchRequest(mutations, statements, execution.getConsistency());
  await requestHandler.send(request, execution, client);
}

interface Statement {
  readonly query: string;
  readonly id: Buffer;
}

/** A batch has an insert and a few deletes at most: a list is looked through sooner than a map is made. */
function idOf(statements: readonly Statement[], wanted: string): Buffer | undefined {
  for (const { query, id } of statements) if (query === wanted) return id;
  return undefined;
}

/** A BATCH of prepared statements (native protocol v4, section 4.1.7), in the shape that the driver sends. */
class BatchRequest {
  /** Bytes of the body, once written. */
  length = 0;
  readonly queries: readonly EncodedMutation[];
  consistency: number;
  readonly #statements: readonly Statement[];

  constructor(mutations: readonly EncodedMutation[], statements: readonly Statement[], consistency: number) {
    this.queries = mutations;
    this.consistency = consistency;
    this.#statements = statements;
  }

  write({ protocolVersion }: Encoder, streamId: number): Buffer {
    const flagBytes = versions.uses4BytesQueryFlags(protocolVersion) ? 4 : 1;
    this.length = 3 + 2 + flagBytes;
    for (const { query, values } of this.queries)
      this.length += 1 + 2 + this.#id(query).length + 2 + values.length;

    const frame = Buffer.allocUnsafe(headerBytes + this.length);
    frame[0] = protocolVersion;
    frame[1] = 0;
    frame.writeInt16BE(streamId, 2);
    frame[4] = batchOpcode;
    frame.writeInt32BE(this.length, 5);
    let at = headerBytes;
    frame[at++] = unlogged;
    at = frame.writeUInt16BE(this.queries.length, at);
    for (const { query, values, count } of this.queries) {
      const id = this.#id(query);
      frame[at++] = preparedKind;
      at = frame.writeUInt16BE(id.length, at);
      frame.set(id, at);
      at = frame.writeUInt16BE(count, at + id.length);
      frame.set(values, at);
      at += values.length;
    }
    at = frame.writeUInt16BE(this.consistency, at);
    frame.fill(0, at);
    return frame;
  }

  /** For an attempt that differs. */
  clone(): BatchRequest {
    return new BatchRequest(this.queries, this.#statements, this.consistency);
  }

  #id(query: string): Buffer {
    const id = idOf(this.#statements, query);
    if (!id) throw new Error(`the statement was not prepared: ${query}`);
    return id;
  }
}

/** The values of a mutation as the driver's own requests take them. */
export function driverParams({ values }: EncodedMutation): unknown[] {
  return valuesOf(values).map((value) => (value === undefined ? types.unset : value));
}
