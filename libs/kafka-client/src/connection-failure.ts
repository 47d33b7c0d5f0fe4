import { X509Certificate } from 'node:crypto';
import { KafkaError, causes, toKafkaError, unresolvedAddress } from './errors.ts';
import { notABroker } from './kafkajs-answers.ts';
import type { KafkaOptions } from './options.ts';

/** Codes that Node and OpenSSL give to certificates that are missing, not trusted, expired or for another name. */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_SSL|ERR_TLS/;

/**
 * Why a cluster cannot be used, with what to look at. Credentials that are refused at once are wrong and stay so; what is connected
 * already, and is refused later, waits: they may be about to be changed. Brokers answer a client that speaks TLS, or none, on the wrong port by
 * closing the connection without a word.
 */
export function toConnectionError(
  error: unknown,
  { brokers, ssl, sasl }: Pick<KafkaOptions, 'brokers' | 'ssl' | 'sasl'>,
): KafkaError {
  const found = toKafkaError(error, `connecting to Kafka at ${brokers.join(', ')}`);
  const chain = causes(error);
  const withHint = (code: KafkaError['code'], hint: string) =>
    new KafkaError(code, `${found.message.trimEnd()}: ${hint}`, {
      retryable: code !== 'authentication-failed',
      cause: error,
    });

  const address = unresolvedAddress(chain);
  if (address !== undefined && !brokers.includes(address))
    return withHint(
      found.code,
      `a broker answers there and advertises the listener ${address}, which does not resolve here: set advertised.listeners ` +
        'of the broker to an address that its clients can reach, or make the name known here',
    );
  if (chain.some(({ message }) => message.includes('before secure TLS connection')))
    return withHint(found.code, 'the port may not speak TLS; leave out ssl, or use the TLS port');
  if (chain.some(({ message }) => message.includes(notABroker)))
    return withHint(
      found.code,
      ssl
        ? 'check host and port'
        : 'check host and port; the port may ask for TLS (ssl), which this client does not use',
    );
  const codes = chain.flatMap((cause) => ('code' in cause ? [String(cause.code)] : []));
  if (codes.includes('CERT_HAS_EXPIRED'))
    return withHint('authentication-failed', "the brokers' certificate has expired: give them a new one");
  const own = typeof ssl === 'object' ? expiry(ssl.cert) : undefined;
  if (own !== undefined && own < Date.now())
    return withHint(
      'authentication-failed',
      `the certificate of this client (ssl.cert) has expired at ${new Date(own).toISOString()}: it needs a new one`,
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
        : `check the user ${sasl.username} and its password (sasl.username, sasl.password)`,
    );
  return found.code === 'authentication-failed' ? withHint(found.code, 'check sasl') : found;
}

/** When a certificate ends, ms since the epoch. */
function expiry(cert: string | Buffer | undefined): number | undefined {
  return cert === undefined ? undefined : Date.parse(new X509Certificate(cert).validTo);
}
