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
  if (chain.some((cause) => 'code' in cause && certificateCode.test(String(cause.code))))
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
  return found;
}
