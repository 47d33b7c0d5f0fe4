/**
 * Stable codes of {@link KafkaError}:
 *
 * | code | meaning |
 * |---|---|
 * | `bad-option` | an option of the client cannot work |
 * | `unreachable` | no broker answered |
 * | `timed-out` | a broker did not answer in time, retries ran out, or the time of a send was over |
 * | `unknown-topic` | the topic does not exist |
 * | `unknown-partition` | the topic does not have the partition that a record is for |
 * | `not-authorized` | the principal lacks a right |
 * | `authentication-failed` | the brokers refused the credentials or certificate, or theirs is not trusted |
 * | `record-refused` | the broker refused a record for its own content (size, timestamp) |
 * | `compacted-topic` | the topic is compacted and takes no record without a key |
 * | `offset-out-of-range` | records that come next, or of a range, are no longer in the topic |
 * | `group-active` | the group has members, and only without any could its offsets be set |
 * | `foreign-member` | the group has members that do not consume the topic, or by another protocol |
 * | `missing-codec` | the package of a codec is not installed |
 * | `closed` | the client was closed before the work was done |
 * | `protocol` | any other answer of a broker |
 */
export type KafkaErrorCode =
  | 'bad-option'
  | 'unreachable'
  | 'timed-out'
  | 'unknown-topic'
  | 'unknown-partition'
  | 'not-authorized'
  | 'authentication-failed'
  | 'record-refused'
  | 'compacted-topic'
  | 'offset-out-of-range'
  | 'group-active'
  | 'foreign-member'
  | 'missing-codec'
  | 'closed'
  | 'protocol';

export class KafkaError extends Error {
  override readonly name: string = 'KafkaError';
  readonly code: KafkaErrorCode;
  /** Whether the same call may succeed later without anything being changed. */
  readonly retryable: boolean;

  constructor(
    code: KafkaErrorCode,
    message: string,
    { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retryable = retryable;
  }
}

const byProtocolType: Record<string, { code: KafkaErrorCode; retryable: boolean }> = {
  UNKNOWN_TOPIC_OR_PARTITION: { code: 'unknown-topic', retryable: true },
  TOPIC_AUTHORIZATION_FAILED: { code: 'not-authorized', retryable: true },
  GROUP_AUTHORIZATION_FAILED: { code: 'not-authorized', retryable: true },
  CLUSTER_AUTHORIZATION_FAILED: { code: 'not-authorized', retryable: true },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { code: 'not-authorized', retryable: true },
  SASL_AUTHENTICATION_FAILED: { code: 'authentication-failed', retryable: true },
  UNSUPPORTED_SASL_MECHANISM: { code: 'authentication-failed', retryable: true },
  ILLEGAL_SASL_STATE: { code: 'authentication-failed', retryable: true },
  MESSAGE_TOO_LARGE: { code: 'record-refused', retryable: false },
  RECORD_LIST_TOO_LARGE: { code: 'record-refused', retryable: false },
  INVALID_TIMESTAMP: { code: 'record-refused', retryable: false },
  INVALID_RECORD: { code: 'record-refused', retryable: false },
  INCONSISTENT_GROUP_PROTOCOL: { code: 'foreign-member', retryable: true },
  // A new producer, with a new producer id, mends these.
  OUT_OF_ORDER_SEQUENCE_NUMBER: { code: 'protocol', retryable: true },
  DUPLICATE_SEQUENCE_NUMBER: { code: 'protocol', retryable: true },
  UNKNOWN_PRODUCER_ID: { code: 'protocol', retryable: true },
  INVALID_PRODUCER_EPOCH: { code: 'protocol', retryable: true },
  // The broker's own trouble, whatever it is: never a reason to give up a record.
  UNKNOWN: { code: 'protocol', retryable: true },
  OFFSET_OUT_OF_RANGE: { code: 'offset-out-of-range', retryable: false },
};

/** The error of the client below, sorted; `what` says what was tried, where. */
export function toKafkaError(error: unknown, what: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const chain = causes(error);
  const address = unresolvedAddress(chain);
  const reason =
    (chain.at(-1)?.message ?? String(error)) +
    (address === undefined ? '' : `, as in the address ${address}`);
  for (const cause of chain) {
    const known = byProtocolType[protocolType(cause) ?? ''];
    if (known)
      return new KafkaError(known.code, `${what}: ${reason}`, { retryable: known.retryable, cause: error });
  }
  const names = new Set(chain.map(({ name }) => name));
  if (names.has('KafkaJSSASLAuthenticationError'))
    return new KafkaError('authentication-failed', `${what}: ${reason}`, { retryable: true, cause: error });
  if (
    names.has('KafkaJSConnectionError') ||
    names.has('KafkaJSConnectionClosedError') ||
    names.has('KafkaJSNoBrokerAvailableError') ||
    names.has('KafkaJSBrokerNotFound')
  )
    return new KafkaError('unreachable', `${what}: ${reason}`, { retryable: true, cause: error });
  if (names.has('KafkaJSRequestTimeoutError') || names.has('KafkaJSTimeout'))
    return new KafkaError('timed-out', `${what}: ${reason}`, { retryable: true, cause: error });
  return new KafkaError('protocol', `${what}: ${reason}`, { retryable: isRetriable(error), cause: error });
}

/** The protocol's own name of an error (`REBALANCE_IN_PROGRESS`), wherever in the chain of causes it is. */
export function protocolErrorType(error: unknown): string | undefined {
  return causes(error)
    .map(protocolType)
    .find((type) => type !== undefined);
}

/** Whether a broker refused records because they are larger than their topic takes (`max.message.bytes`). */
export function isTooLarge(error: unknown): boolean {
  const type = protocolErrorType(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}

/** `host:port` of a broker whose name could not be resolved. */
export function unresolvedAddress(chain: readonly Error[]): string | undefined {
  for (const cause of chain)
    if ('code' in cause && (cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN')) {
      if ('broker' in cause && typeof cause.broker === 'string') return cause.broker;
    }
  return undefined;
}

/** An error and what caused it, outermost first. */
export function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (
    let at = error;
    at instanceof Error && !chain.includes(at);
    at = at.cause ?? originalError(at) ?? firstOf(at)
  )
    chain.push(at);
  return chain;
}

function originalError(error: Error): unknown {
  return 'originalError' in error ? error.originalError : undefined;
}

/** kafkajs gathers the errors of several topics in one. */
function firstOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[])[0] : undefined;
}

function protocolType(error: Error): string | undefined {
  return 'type' in error && typeof error.type === 'string' ? error.type : undefined;
}

function isRetriable(error: unknown): boolean {
  return causes(error).some((cause) => 'retriable' in cause && cause.retriable === true);
}
