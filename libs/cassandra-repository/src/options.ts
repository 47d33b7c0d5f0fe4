/** Where warnings go. Messages and fields carry no row values. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export type Consistency =
  'one' | 'two' | 'three' | 'quorum' | 'all' | 'local-quorum' | 'each-quorum' | 'local-one';

/** TLS between client and nodes. Values are PEM text or bytes, as `tls.connect()` of Node takes them. */
export interface CassandraTls {
  /** Certificate authorities to trust. Default: those that Node trusts. */
  readonly ca?: string | Buffer;
  /** Client certificate and key, for clusters that ask for them. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** The name to expect in the nodes' certificate where it is not their address. */
  readonly servername?: string;
  /** False accepts any certificate: for trying things out only. Default true. */
  readonly rejectUnauthorized?: boolean;
}

export interface CassandraOptions {
  /** Addresses of a few nodes, as `host` or `host:port`; the others are found through them. */
  readonly contactPoints: readonly string[];
  /** Port of contact points that name none. Default 9042. */
  readonly port?: number;
  /** The data center whose nodes are used, as the cluster names it. Cassandra's own default is `datacenter1`. */
  readonly localDataCenter: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: CassandraTls;
  /** How long one request may take, ms. Keep it above the server's own time-outs (2 to 10 s). Default 12,000. */
  readonly requestTimeoutMs?: number;
  /** How long opening one connection may take, ms. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Default consistency of reads and writes. Default `local-quorum`. */
  readonly consistency?: Consistency;
  /** Shown in the server's list of clients (`system_views.clients`). */
  readonly applicationName?: string;
  /** Told of lost nodes and of warnings that the server sends with a response. Default: nothing is said. */
  readonly logger?: Logger;
}

export interface QueryOptions {
  /** Default: the session's. */
  readonly consistency?: Consistency;
  /** How long one request, which is one page of the result, may take, ms. Default: the session's. */
  readonly timeoutMs?: number;
}
