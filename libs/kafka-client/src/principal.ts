import { X509Certificate } from 'node:crypto';
import type { KafkaOptions } from './options.ts';

/** Who this client is to the brokers, as far as it can know, for messages and for the command that gives it a right. */
export function principalOf({ sasl, ssl }: Pick<KafkaOptions, 'sasl' | 'ssl'>): string {
  if (sasl?.mechanism === 'oauthbearer') return "User:<the token's subject>";
  if (sasl) return `User:${sasl.username}`;
  const cert = typeof ssl === 'object' ? ssl.cert : undefined;
  if (cert === undefined) return 'User:ANONYMOUS';
  // What rules of the brokers make of it (ssl.principal.mapping.rules) is theirs to know.
  return `User:${new X509Certificate(cert).subject.split('\n').reverse().join(',')}`;
}
