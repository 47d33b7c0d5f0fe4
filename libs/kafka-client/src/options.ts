/** Where the client reports what the caller need not act on. Any pino-like logger fits. */
export interface ClientLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface KafkaOptions {
  /** Bootstrap brokers, each `host:port`. */
  readonly brokers: readonly string[];
  /** Name of this client in the brokers' logs and quotas. */
  readonly clientId: string;
  /** Time to wait for a connection, ms. Default 3,000. */
  readonly connectionTimeoutMs?: number;
  /** Time to wait for the answer to one request, ms. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Talk TLS, checking the brokers against the CAs that Node trusts (`true`) or those given. Default: no TLS. */
  readonly ssl?: true | TlsOptions;
  /** Credentials. Without `ssl`, PLAIN sends them readable for anyone on the way. Default: no authentication. */
  readonly sasl?: SaslOptions;
  /** Default: nothing is logged. */
  readonly logger?: ClientLogger;
  /**
   * Bytes that one record, or one batch of a codec that decompresses only as a whole, may take decompressed: what is larger is
   * delivered shortened, as `unreadable`. Larger batches are read in parts. Raise it for a topic of larger records; the memory of
   * the process has to hold a few of them. At least 16 MiB, default 64 MiB.
   */
  readonly maxDecompressedBatchBytes?: number;
}

/** Certificates and keys in PEM. */
export interface TlsOptions {
  /** CAs that may have signed the brokers' certificates. Default: those that Node trusts. */
  readonly ca?: string | Buffer;
  /** Certificate of this client, for brokers that ask for one. */
  readonly cert?: string | Buffer;
  /** Private key of `cert`. */
  readonly key?: string | Buffer;
  /** Password of `key`. */
  readonly passphrase?: string;
  /** Name that the brokers' certificates are for, where it is not the host they are reached at. */
  readonly servername?: string;
}

export type SaslOptions = PasswordOptions | TokenOptions;

export interface PasswordOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

interface TokenOptions {
  readonly mechanism: 'oauthbearer';
  /** Gives the token of each connection that is opened, and again before the broker's session ends: keep it until it is about to expire. */
  readonly token: () => Promise<string>;
}

/** Codecs of Kafka. All are read whatever is chosen for writing. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface ProducerOptions {
  /**
   * Sets the header `sluice.write-timestamp` on every record that has none, from this clock, when the record
   * is handed over. Default: no header is set (dead letters keep their headers as they are).
   */
  readonly writeTimestamps?: WriteTimestampSource;
  /**
   * Bytes of keys, values and headers in one request, which bounds each partition's record batch. Keep it below the topic's
   * `max.message.bytes`; a larger record travels alone. Default 512 KiB.
   */
  readonly maxRequestBytes?: number;
  /** Records in one request. Default 2,000. */
  readonly maxRequestRecords?: number;
  /**
   * How batches are compressed; worth its CPU where the network or the brokers' disks are the limit. `zstd` is the
   * smallest, `lz4` the fastest. Default `none`.
   */
  readonly compression?: Compression;
  /**
   * How long a send may take, ms, as `delivery.timeout.ms` of Kafka's own clients. What is not acknowledged by then is rejected with
   * `timed-out`; records for a topic that does not exist with `unknown-topic`, within seconds. `Infinity` tries until the
   * producer is closed, and also waits for a topic that is missing: for records that must not be lost and have nowhere else
   * to go. Default 120,000.
   */
  readonly deliveryTimeoutMs?: number;
  /** Called for each attempt that failed and is repeated. */
  readonly onRetry?: (error: Error) => void;
}

export interface SendOptions {
  /**
   * Sends a record that the topic refuses for its size again by itself, compressed. A record that arrived compressed can be
   * larger than its own topic takes uncompressed. Default: it is refused.
   */
  readonly compressTooLarge?: boolean;
}

export interface WriteTimestampSource {
  /** The next write timestamp, microseconds since the epoch, larger than every one before. */
  next(): number;
}

export type OutOfRangePolicy = 'fail' | 'earliest' | 'latest';

export interface ConsumerOptions {
  readonly topic: string;
  readonly groupId: string;
  /**
   * What to do where a committed offset is no longer in the topic (retention has passed it, or the topic was
   * recreated): stop with an error, or resume at the first or the last offset. Default `fail`: skipping records is for
   * a person to decide.
   */
  readonly outOfRange?: OutOfRangePolicy;
  /** Time without a heartbeat after which the group takes a member's partitions away, ms. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** Bytes of one partition in one fetch; a larger record comes alone (KIP-74). Default 256 KiB. */
  readonly maxBytesPerPartition?: number;
  /** Longest wait of a fetch for new records, ms; also how soon a paused consumer notices a stop. Default 500. */
  readonly maxWaitMs?: number;
  /**
   * How old what is known of the topic may become, ms: its partitions, their leaders and its id. Lower it to notice new partitions, or
   * that the topic was recreated, sooner. Default 30,000.
   */
  readonly metadataMaxAgeMs?: number;
}

export interface ReadOptions {
  readonly topic: string;
  /** By partition: what to read, from the first offset up to the second, which is not read. Empty ranges are left out. */
  readonly ranges: ReadonlyMap<number, { readonly from: number; readonly to: number }>;
  /**
   * Whether records of open and aborted transactions are left out, or read as well: to look at what holds back the others. With
   * `read_committed` a range that reaches into an open transaction is waited for. Default `read_committed`.
   */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  /** Stops the reading, which then throws `closed`. */
  readonly signal?: AbortSignal;
  /** Bytes of one partition in one fetch; a larger record comes alone (KIP-74). Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** Called for each fetch that failed and is repeated. */
  readonly onRetry?: (error: Error) => void;
}
