import { X509Certificate } from 'node:crypto';
import { KafkaError, causes, toKafkaError } from './errors.ts';
import type { KafkaOptions } from './options.ts';

/** Codes that Node and OpenSSL give to certificates that are missing, not trusted, expired or for another name. */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_SSL|ERR_TLS/;

/**
 * Why a cluster cannot be used, with what to look at: brokers answer a client that speaks TLS, or none, on the wrong port by
 * closing the connection without a word.
 */
export function toConnectionError(
  error: unknown,
  { brokers, ssl, sasl }: Pick<KafkaOptions, 'brokers' | 'ssl' | 'sasl'>,
): KafkaError {
  const found = toKafkaError(error, `connecting to Kafka at ${brokers.join(', ')}`);
  const chain = causes(error);
  const withHint = (code: KafkaError['code'], hint: string) =>
    new KafkaError(code, `${found.message.trimEnd()}: ${hint}`, { retryable: true, cause: error });

  if (chain.some(({ message }) => message.includes('before secure TLS connection')))
    return withHint(found.code, 'the port may not speak TLS; leave out ssl, or use the TLS port');
  const codes = chain.flatMap((cause) => ('code' in cause ? [String(cause.code)] : []));
  if (codes.includes('CERT_HAS_EXPIRED'))
    return withHint('authentication-failed', "the brokers' certificate has expired: give them a new one");
  const own = typeof ssl === 'object' ? expiry(ssl.cert) : undefined;
  if (own !== undefined && own < Date.now())
    return withHint(
      'authentication-failed',
      `the certificate of this client (ssl.cert, KAFKA_SSL_CERT) has expired at ${new Date(own).toISOString()}: it needs a new one`,
    );
  if (codes.some((code) => certificateCode.test(code)))
    return withHint(
      'authentication-failed',
      "check ssl: ca has to contain the CA of the brokers' certificate, cert and key a certificate that the brokers trust",
    );
  if (chain.some(({ name }) => name === 'KafkaJSConnectionClosedError')) {
    const missing = [ssl ? '' : 'TLS (ssl)', sasl ? '' : 'authentication (sasl)'].filter(Boolean);
    if (missing.length > 0)
      return withHint(
        found.code,
        `the port may ask for ${missing.join(' or ')}, which this client does not use`,
      );
  }
  if (found.code === 'authentication-failed' && sasl)
    return withHint(
      found.code,
      sasl.mechanism === 'oauthbearer'
        ? 'check where the token comes from, and that the brokers trust its issuer'
        : `check the user ${sasl.username} and its password (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD)`,
    );
  return found;
}

/** When a certificate ends, ms since the epoch. */
function expiry(cert: string | Buffer | undefined): number | undefined {
  return cert === undefined ? undefined : Date.parse(new X509Certificate(cert).validTo);
}
