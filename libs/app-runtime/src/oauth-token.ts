import { request } from 'undici';

/** A client of an identity provider, and where it gets its tokens. */
export interface TokenClient {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the token is for, as the provider names it. */
  readonly scope?: string;
}

/** How long before its end a token is not shown any more, ms: it has to reach the broker. */
const marginMs = 30_000;
const defaultLifetimeSeconds = 300;

/**
 * Gives tokens by the grant of client credentials (RFC 6749, section 4.4), as Kafka's own clients get them (KIP-768). One token serves
 * all connections until shortly before its end; the provider has `timeoutMs` to answer (default: 10 s). Nothing of an answer shows in an error: it may hold a token.
 */
export function clientCredentialsToken(
  client: TokenClient,
  { now = Date.now, timeoutMs = 10_000 }: { now?: () => number; timeoutMs?: number } = {},
): () => Promise<string> {
  let known: { readonly token: Promise<string>; expiresAt: number } | undefined;
  return () => {
    if (known && now() < known.expiresAt) return known.token;
    const asked = now();
    const asking = { token: ask(), expiresAt: Infinity };
    known = asking;
    return asking.token;

    async function ask(): Promise<string> {
      try {
        const { token, lifetimeSeconds } = await fetchToken(client, timeoutMs);
        // A short-lived one is used for half of its life at least.
        const lifetimeMs = lifetimeSeconds * 1_000;
        asking.expiresAt = asked + Math.max(lifetimeMs - marginMs, lifetimeMs / 2);
        return token;
      } catch (error) {
        known = undefined;
        throw error;
      }
    }
  };
}

async function fetchToken(
  { url, clientId, clientSecret, scope }: TokenClient,
  timeoutMs: number,
): Promise<{ token: string; lifetimeSeconds: number }> {
  // in all: the undici timeouts end only what is silent
  const signal = AbortSignal.timeout(timeoutMs);
  const unanswered = (cause: unknown) => {
    const reason = signal.aborted ? `no answer within ${timeoutMs / 1_000} s` : codeOf(cause);
    return new Error(`${url} cannot be reached (${reason})`, { cause });
  };
  const user = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }).toString(),
    signal,
  }).catch((cause: unknown) => {
    throw unanswered(cause);
  });
  const answer: unknown = await body.json().catch((cause: unknown) => {
    if (signal.aborted) throw unanswered(cause);
  });
  if (statusCode !== 200)
    throw new Error(
      `${url} answers ${statusCode} (${errorOf(answer)}): check the id and the secret of client ${clientId}`,
    );
  const { access_token: token, expires_in: seconds } = (answer ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || token === '') throw new Error(`${url} answers without an access_token`);
  return { token, lifetimeSeconds: typeof seconds === 'number' ? seconds : defaultLifetimeSeconds };
}

/** The code of RFC 6749, section 5.2, which is a word. */
function errorOf(answer: unknown): string {
  const { error } = (answer ?? {}) as Record<string, unknown>;
  return typeof error === 'string' && /^\w{1,40}$/.test(error) ? error : 'no reason given';
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
}
