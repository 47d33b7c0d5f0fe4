import { X509Certificate } from 'node:crypto';
import { CassandraError, type CassandraErrorCode } from './errors.ts';
import type { CassandraOptions, CassandraTls } from './options.ts';
import { wrapError } from './write-errors.ts';

/** Why a cluster cannot be used, with what to look at. */
export function connectError(options: CassandraOptions, cause: unknown): CassandraError {
  const { port = 9042, contactPoints, tls } = options;
  const nodes = contactPoints.map((point) => (/:\d+$/.test(point) ? point : `${point}:${port}`)).join(', ');
  const { code, message, retryable } = wrapError(`cannot use Cassandra at ${nodes}`, cause);
  return new CassandraError(code, `${message}. ${advice(code, message, tls)}`, { retryable, cause });
}

function advice(code: CassandraErrorCode, message: string, tls: CassandraTls | undefined): string {
  if (code === 'unknown-data-center') return 'Set localDataCenter to one of them.';
  if (code === 'authentication-failed') return 'Check username and password.';
  if (code === 'tls-mismatch') return 'The port does not speak TLS: use the one that does, or leave out tls.';
  if (code === 'certificate-refused') return certificateAdvice(message, tls);
  if (!tls && message.includes('ECONNRESET')) return 'The port may ask for TLS: set tls.';
  return 'Check that it runs, and contactPoints and port.';
}

function certificateAdvice(message: string, tls: CassandraTls | undefined): string {
  const own = tls?.cert === undefined ? undefined : Date.parse(new X509Certificate(tls.cert).validTo);
  if (own !== undefined && own < Date.now())
    return `The certificate in tls.cert has expired at ${new Date(own).toISOString()}: it needs a new one.`;
  // An alert is what the node says of the client's certificate; all else is about the node's.
  if (message.includes('ALERT'))
    return own === undefined
      ? 'The nodes ask for a certificate: set tls.cert and tls.key.'
      : 'The nodes do not trust the certificate in tls.cert.';
  if (message.includes('CERT_HAS_EXPIRED')) return "The node's certificate has expired: give it a new one.";
  if (message.includes('ALTNAME'))
    return 'The certificate is for another name: set tls.servername to the one it has.';
  return "Set tls.ca to the authority of the nodes' certificates.";
}
