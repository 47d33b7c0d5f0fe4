import { Client, policies, types, type ClientOptions } from 'cassandra-driver';
import { checkOptions } from './check-options.ts';
import { connectError } from './connect-error.ts';
import type { CassandraOptions, Consistency, QueryOptions } from './options.ts';
import { plainValue } from './plain-value.ts';
import { wrapError } from './write-errors.ts';

const reconnectDelayMs = 1_000;

/** The driver's names, for this library alone. */
export const consistencies: Record<Consistency, types.consistencies> = {
  one: types.consistencies.one,
  two: types.consistencies.two,
  three: types.consistencies.three,
  quorum: types.consistencies.quorum,
  all: types.consistencies.all,
  'local-quorum': types.consistencies.localQuorum,
  'each-quorum': types.consistencies.eachQuorum,
  'local-one': types.consistencies.localOne,
};

/** A node of the cluster, as this session sees it. */
export interface NodeState {
  /** `host:port` */
  readonly address: string;
  readonly dataCenter: string;
  readonly rack: string;
  /** Of Cassandra. */
  readonly version: string;
  /** False while no connection to it can be made. */
  readonly up: boolean;
}

let accessClient: (session: CassandraSession) => Client;

/**
 * Connections to one Cassandra cluster, shared by everything in the process.
 *
 * Requests are never repeated behind the caller's back (only where a connection broke before the request was
 * sent): each call has one outcome, and who calls decides whether to repeat it. A lost node is looked for
 * every second.
 */
export class CassandraSession {
  static {
    accessClient = (session) => session.#client;
  }

  readonly localDataCenter: string;
  readonly #client: Client;

  private constructor(client: Client, localDataCenter: string) {
    this.#client = client;
    this.localDataCenter = localDataCenter;
  }

  /** @throws {CassandraError} `bad-option`, `unreachable`, `authentication-failed`, `tls-mismatch` or `unknown-data-center`. */
  static async connect(options: CassandraOptions): Promise<CassandraSession> {
    checkOptions(options);
    const client = new Client(driverOptions(options));
    reportTo(options, client);
    try {
      await client.connect();
    } catch (error) {
      await discard(client);
      throw connectError(options, error);
    }
    return new CassandraSession(client, options.localDataCenter);
  }

  /**
   * Runs one CQL statement; parameters are bound to its question marks, and all pages of the result are read.
   * Values come back as plain ones: uuid, date, time, inet, decimal and varint as text, timestamp as epoch ms,
   * bigint and counter as bigint (so does `count(*)`), blob as Buffer. As parameters: bigint for a bigint,
   * epoch ms for a timestamp.
   *
   * @throws {CassandraError}
   */
  async query(
    cql: string,
    params: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<{ rows: Record<string, unknown>[] }> {
    const rows: Record<string, unknown>[] = [];
    let pageState: string | undefined;
    do {
      const page = await this.#page(cql, params, options, pageState);
      // Undefined for a statement without a result, whatever the driver's types say; so is null the last page's state.
      for (const row of (page.rows as types.Row[] | undefined) ?? []) rows.push(plainRow(row));
      pageState = (page.pageState as string | null) ?? undefined;
    } while (pageState !== undefined);
    return { rows };
  }

  /**
   * How far the clock of the node that answers is ahead of this process's, ms; negative where it is behind. Exact to half the time
   * of the request.
   *
   * @throws {CassandraError}
   */
  async clockAheadMs(): Promise<number> {
    const before = Date.now();
    const { rows } = await this.query('SELECT toTimestamp(now()) AS now FROM system.local');
    return Number(rows[0]?.['now']) - (before + Date.now()) / 2;
  }

  /** All nodes of the cluster, those of other data centers as well. Asks nobody. */
  nodes(): readonly NodeState[] {
    return this.#client.hosts.values().map((host) => ({
      address: host.address,
      dataCenter: host.datacenter,
      rack: host.rack,
      version: host.cassandraVersion,
      up: host.isUp(),
    }));
  }

  /**
   * Closes all connections; requests in flight fail with `unreachable`. A node that does not answer is waited
   * for up to the connect time-out.
   */
  async close(): Promise<void> {
    await this.#client.shutdown();
  }

  async #page(
    cql: string,
    params: readonly unknown[],
    { consistency, timeoutMs }: QueryOptions,
    pageState?: string,
  ) {
    try {
      return await this.#client.execute(cql, [...params], {
        prepare: params.length > 0,
        ...(consistency && { consistency: consistencies[consistency] }),
        ...(timeoutMs !== undefined && { readTimeout: timeoutMs }),
        ...(pageState !== undefined && { pageState }),
      });
    } catch (error) {
      throw wrapError('Cassandra refused or failed a query', error);
    }
  }
}

/** The driver under a session, for this library alone. */
export function driverClient(session: CassandraSession): Client {
  return accessClient(session);
}

function driverOptions(options: CassandraOptions): ClientOptions {
  const { username, password, tls } = options;
  return {
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    ...(username !== undefined && { credentials: { username, password: password ?? '' } }),
    // The driver accepts any certificate unless told otherwise.
    ...(tls && { sslOptions: { rejectUnauthorized: true, ...tls } }),
    ...(options.applicationName !== undefined && { applicationName: options.applicationName }),
    protocolOptions: { port: options.port ?? 9042, maxSchemaAgreementWaitSeconds: 30 },
    socketOptions: {
      readTimeout: options.requestTimeoutMs ?? 12_000,
      connectTimeout: options.connectTimeoutMs ?? 5_000,
    },
    policies: {
      // A retry inside the driver would hide that the first attempt may have been applied.
      retry: new policies.retry.FallthroughRetryPolicy(),
      // The driver's own grows to 10 minutes: a cluster that is back would stay unused for that long.
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectDelayMs),
    },
    queryOptions: {
      consistency: consistencies[options.consistency ?? 'local-quorum'],
      isIdempotent: true,
    },
    encoding: { useBigIntAsLong: true },
    // Reports to DataStax servers only; nothing else reads it.
    ...({ monitorReporting: { enabled: false } } as object),
  };
}

function reportTo({ logger }: CassandraOptions, client: Client): void {
  if (!logger) return;
  client.on('hostDown', (host: { address: string }) => {
    logger.warn({ node: host.address }, 'Cassandra node is down');
  });
  client.on('hostUp', (host: { address: string }) => {
    logger.info({ node: host.address }, 'Cassandra node is up');
  });
  client.on('log', (level: string, _source: string, message: string) => {
    // Among the driver's warnings only those of the server are for operators; the rest repeats our errors.
    if (level === 'warning' && message.startsWith('Received warning')) {
      logger.warn({ warning: message }, 'Cassandra warns');
    }
  });
}

/**
 * Ends a client that could not connect. Driver 4.10 forgets a connection that opened but could not be used,
 * for instance because the data center is unknown, and so would keep the process alive.
 */
async function discard(client: Client): Promise<void> {
  const { controlConnection } = client as unknown as {
    controlConnection?: { connection?: { closeAsync(): Promise<void> } | null };
  };
  await client.shutdown();
  await controlConnection?.connection?.closeAsync();
}

function plainRow(row: types.Row): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const name of row.keys()) plain[name] = plainValue(row.get(name) as unknown);
  return plain;
}
