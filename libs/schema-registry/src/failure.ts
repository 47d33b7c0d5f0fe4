import { RegistryError } from './errors.ts';

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The error for a request that failed on the network; `status` is known when the answer had begun. */
export function describeFailure(error: unknown, where: string, status: number | undefined): RegistryError {
  const { code } = error as { code?: unknown };
  const details = { cause: error, status };
  const reason = reasonOf(error);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new RegistryError('bad-answer', `${where} answered with more than 32 MiB`, details);
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new RegistryError('timeout', `${where} cannot be connected in time: ${reason}`, details);
  }
  if (typeof code === 'string' && UNTRUSTED.has(code)) {
    const message = `the certificate of ${where} is not trusted (${code}: ${reason}). Give its authority as tls.ca`;
    return new RegistryError('untrusted', message, details);
  }
  if (status !== undefined) {
    const message = `the answer of ${where} was cut short after status ${status}: ${reason}`;
    return new RegistryError('unreachable', message, details);
  }
  return new RegistryError('unreachable', `cannot reach ${where}: ${reason}`, details);
}

function reasonOf(error: unknown): string {
  // Connecting to several addresses of one name fails with an error for each and no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
