import { errors, types } from 'cassandra-driver';
import { CassandraError, type CassandraErrorCode } from './errors.ts';

/**
 * What an error of the driver or the server says about a write:
 * - `retry`: nothing about the row; the same write may succeed later.
 * - `blocked`: every row would fail until someone changes the cluster, the schema or the configuration.
 * - `suspect`: the row or the table is wrong; a look at the live schema tells which (see `check-table.ts`).
 */
type Verdict = 'retry' | 'blocked' | 'suspect';

export interface SortedError {
  readonly code: CassandraErrorCode;
  readonly verdict: Verdict;
  /** Whether writing the rows of a failed batch apart can save some of them. */
  readonly split: boolean;
  /** What happened, for a message: of the server's words only those that carry no bound values. */
  readonly detail: string;
}

const { responseErrorCodes: server } = types;

/**
 * The errors a server answers with, by their code in the native protocol
 * (https://cassandra.apache.org/doc/latest/cassandra/reference/native-protocol.html, v4, section 9).
 * A timed out write may have been applied; that is harmless, because every write carries its own timestamp.
 * Write failures and server errors can be the doing of one row, so such a batch is taken apart.
 */
const byServerCode = new Map<number, readonly [CassandraErrorCode, Verdict, 'split'?]>([
  [server.serverError, ['server-error', 'retry', 'split']],
  [server.protocolError, ['server-error', 'retry', 'split']],
  [server.badCredentials, ['authentication-failed', 'blocked']],
  [server.unavailableException, ['unavailable', 'retry']],
  [server.overloaded, ['overloaded', 'retry']],
  [server.isBootstrapping, ['overloaded', 'retry']],
  [server.truncateError, ['server-error', 'retry']],
  [server.writeTimeout, ['timeout', 'retry']],
  [server.readTimeout, ['timeout', 'retry']],
  [server.readFailure, ['read-failure', 'retry']],
  [server.functionFailure, ['refused-request', 'blocked']],
  [server.writeFailure, ['write-failure', 'retry', 'split']],
  [server.syntaxError, ['refused-request', 'blocked']],
  [server.unauthorized, ['unauthorized', 'blocked']],
  [server.invalid, ['refused-request', 'suspect', 'split']],
  [server.configError, ['refused-request', 'blocked']],
  [server.alreadyExists, ['refused-request', 'blocked']],
  [server.unprepared, ['unprepared', 'suspect']],
]);

/** Sorts an error that the driver has thrown. */
export function sortError(error: unknown): SortedError {
  if (error instanceof CassandraError) {
    return sorted(error.code, error.retryable ? 'retry' : 'blocked', error.message);
  }
  if (error instanceof errors.NoHostAvailableError) return sortNoHost(error);
  if (error instanceof errors.ResponseError) return sortResponse(error);
  if (error instanceof errors.AuthenticationError) {
    return sorted('authentication-failed', 'blocked', error.message);
  }
  if (error instanceof errors.OperationTimedOutError) return sorted('timeout', 'retry', error.message);
  if (error instanceof errors.BusyConnectionError) return sorted('overloaded', 'retry', error.message);
  if (error instanceof errors.ArgumentError && error.message.startsWith('localDataCenter ')) {
    return sorted('unknown-data-center', 'blocked', error.message);
  }
  if (isTlsError(error)) {
    const code = notTls.has(error.code) ? 'tls-mismatch' : 'certificate-refused';
    return sorted(code, 'blocked', error.code);
  }
  if (isSocketError(error)) return sorted('unreachable', 'retry', socketDetail(error));
  // Not quoted: the driver puts the value into the message when it cannot encode a parameter.
  return sorted('driver-error', 'retry', 'the driver failed, the cause has more');
}

/** Wraps an error of the driver for a caller: `what` says what was being done. */
export function wrapError(what: string, cause: unknown): CassandraError {
  if (cause instanceof CassandraError) return cause;
  const { code, verdict, detail } = sortError(cause);
  return new CassandraError(code, `${what}: ${detail}`, { retryable: verdict === 'retry', cause });
}

function sorted(code: CassandraErrorCode, verdict: Verdict, detail: string, split = false): SortedError {
  return { code, verdict, detail, split };
}

function sortResponse(error: errors.ResponseError): SortedError {
  const guardrail = error.code === server.invalid ? guardrailOf(error.message) : undefined;
  if (guardrail !== undefined && !rowGuardrails.has(guardrail))
    return sorted('guardrail', 'blocked', error.message, true);
  if (error.code === server.unauthorized) {
    return sorted('unauthorized', 'blocked', `${error.message}: have it granted to the role`);
  }
  const [code, verdict, split] = byServerCode.get(error.code) ?? (['server-error', 'retry'] as const);
  return sorted(code, verdict, error.message, split === 'split');
}

/**
 * Guardrails of Cassandra 5 about what one row holds: such a row is refused as any other invalid one is. All others are about the
 * table, the cluster or a kind of statement, which an operator has to judge.
 */
const rowGuardrails: ReadonlySet<string> = new Set([
  'column_value_size',
  'column_ascii_value_size',
  'column_blob_value_size',
  'column_text_value_size',
  'column_varchar_value_size',
  'collection_size',
  'collection_list_size',
  'collection_map_size',
  'collection_set_size',
  'items_per_collection',
  'sai_string_term_size',
  'sai_frozen_term_size',
  'sai_vector_term_size',
  'minimum_timestamp',
  'maximum_timestamp',
]);

/** Guardrails answer as invalid requests do, told apart by their message only (GuardrailViolatedException, CEP-3). */
function guardrailOf(message: string): string | undefined {
  if (!message.startsWith('Guardrail ')) return undefined;
  return /^Guardrail (\w+) violated/.exec(message)?.[1] ?? '';
}

/**
 * No node could be asked, or each that was has failed. The reasons are sorted one by one, and the one that
 * asks for a person wins: credentials are wrong on every node, whatever else may be down.
 */
function sortNoHost(error: errors.NoHostAvailableError): SortedError {
  const reasons = Object.entries((error.innerErrors ?? {}) as Record<string, unknown>);
  const sortedReasons = reasons.map(([node, reason]) => ({ node, ...sortReason(reason) }));
  const worst =
    sortedReasons.find(({ verdict }) => verdict === 'blocked') ??
    sortedReasons.find(({ verdict }) => verdict === 'suspect') ??
    sortedReasons[0];
  if (!worst) {
    const unresolved = error.message.startsWith('No host could be resolved');
    return sorted('unreachable', 'retry', unresolved ? 'no such host' : 'no node is known to be up');
  }
  return sorted(worst.code, worst.verdict, `${worst.node}: ${worst.detail}`);
}

function sortReason(reason: unknown): SortedError {
  if (reason instanceof Error) return sortError(reason);
  return sorted('unreachable', 'retry', typeof reason === 'string' ? reason : 'not reached');
}

/** What OpenSSL says to an answer that is not TLS. */
const notTls = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** By the codes that Node and OpenSSL give; their texts hold addresses in memory and in source. */
function isTlsError(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  // A connection that ends in the middle of a record is none of these.
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_SSL|ERR_TLS/.test(error.code) && !error.code.includes('EOF');
}

function isSocketError(error: unknown): error is Error & { code?: string } {
  if (!(error instanceof Error)) return false;
  return 'isSocketError' in error || 'syscall' in error || error.message === 'Connection timeout';
}

function socketDetail(error: Error & { code?: string }): string {
  return error.code !== undefined && !error.message.includes(error.code)
    ? `${error.message} (${error.code})`
    : error.message;
}
