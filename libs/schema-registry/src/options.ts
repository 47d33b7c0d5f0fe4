import type { Clock } from './clock.ts';
import { RegistryError } from './errors.ts';

export interface SchemaRegistryOptions {
  /**
   * Where the registry is: `http://127.0.0.1:8081`, with a path where it stands behind one. Apicurio's
   * `/apis/ccompat/v7` is found below it. No `user:password@`: that is `auth`.
   */
  readonly url: string;
  readonly auth?: RegistryAuth | undefined;
  /** For https. `ca`: PEM of the authorities to trust in place of those that Node trusts. */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
  /** The longest time that one attempt may take, from the connection to the end of the answer. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Told of each attempt that failed and is repeated: for metrics. */
  readonly onRetry?: ((error: RegistryError) => void) | undefined;
  /** Default: the time of the system. */
  readonly clock?: Clock | undefined;
  /** In [0, 1), for the jitter of the waits. Default: Math.random. */
  readonly random?: (() => number) | undefined;
}

/** Basic (RFC 7617) or bearer (RFC 6750). */
export type RegistryAuth =
  { readonly username: string; readonly password: string } | { readonly token: string };

/** @throws RegistryError `bad-options`, without the text: it may hold a password */
export function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw badOptions('url must be an http or https address, such as http://127.0.0.1:8081');
  }
  if (url.username !== '' || url.password !== '') {
    throw badOptions('url must not hold a user or password: give them as auth');
  }
  if (url.search !== '' || url.hash !== '') throw badOptions('url must end with the path: no ? and no #');
  return url;
}

/** The value of the Authorization header. */
export function authorization(auth: RegistryAuth): string {
  if ('token' in auth) {
    // what a header cannot hold would be refused later, by an error that shows it
    if (!/^[\x21-\x7e]+$/.test(auth.token)) {
      throw badOptions('auth.token must be one word of visible ASCII characters');
    }
    return `Bearer ${auth.token}`;
  }
  if (auth.username.includes(':')) throw badOptions('auth.username must not contain a colon');
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

export function checkedTimeout(ms: number): number {
  if (Number.isInteger(ms) && ms >= 1 && ms < 2 ** 31) return ms;
  throw badOptions(`timeoutMs must be a whole number of milliseconds, at least 1, not ${ms}`);
}

function badOptions(message: string): RegistryError {
  return new RegistryError('bad-options', message);
}
