import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';
import { loadModule } from './kafkajs-module.ts';

interface KafkaJsErrors {
  readonly KafkaJSSASLAuthenticationError: new (message: string) => Error;
}

/** Size of the bytes, then the bytes, as all of the protocol's byte fields. */
function lengthAndBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  const framed = Buffer.alloc(4 + bytes.length);
  framed.writeInt32BE(bytes.length);
  bytes.copy(framed, 4);
  return framed;
}

/**
 * Shows a broker a bearer token (RFC 7628, KIP-255). kafkajs has this too, but does not look at the answer: a token that is refused
 * would show only as a connection that is closed, again and again.
 */
export function oauthBearer(token: () => Promise<string>) {
  return ({ saslAuthenticate }: AuthenticationProviderArgs): Authenticator => ({
    async authenticate() {
      const value = await token().catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw refusal(`there is no token: ${reason}`);
      });
      const answer = await saslAuthenticate({
        request: { encode: () => lengthAndBytes(`n,,\u0001auth=Bearer ${value}\u0001\u0001`) },
        response: { decode: (bytes) => bytes, parse: (bytes) => bytes.toString() },
      });
      const [, status] = /"status":\s*"([\w-]+)"/.exec(answer ?? '') ?? [];
      if (status !== undefined) throw refusal(`the broker refuses the token (${status})`);
    },
  });
}

function refusal(reason: string): Error {
  const { KafkaJSSASLAuthenticationError } = loadModule('kafkajs') as KafkaJsErrors;
  return new KafkaJSSASLAuthenticationError(`SASL OAUTHBEARER authentication failed: ${reason}`);
}
