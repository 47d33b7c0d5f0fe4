import type { FastifyReply } from 'fastify';

/**
 * What the server can get wrong:
 * - `429`: too many requests, with Retry-After where `retryAfter` is given
 * - `500`: an internal error
 * - `outage`: 200 with the body that the API documents for an outage
 * - `hang`: no answer at all
 * - `cut`: the first half of the page, then the connection breaks
 * - `broken-json`: 200 with a body that is not JSON from the middle on
 * - `html`: 200 with a web page, as a proxy in between gives it
 * - `bad-user`: a page whose first user has no login, hence no uuid
 */
export const faultKinds = [
  ...(['429', '500', 'outage', 'hang', 'cut', 'broken-json', 'html', 'bad-user'] as const),
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Seconds, for the header of a 429. */
  readonly retryAfter?: number;
}

/** https://randomuser.me/documentation#errors */
const OUTAGE = {
  error: 'Uh oh, something has gone wrong. Please tweet us @randomapi about the issue. Thank you.',
};
const PROXY_PAGE =
  '<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>';

/** Sends what the fault makes of the page that would have been the answer. */
export function sendFault(fault: Fault, page: string, reply: FastifyReply): void {
  switch (fault.kind) {
    case '429':
      if (fault.retryAfter !== undefined) void reply.header('retry-after', fault.retryAfter);
      void reply.code(429).send({ error: 'too many requests' });
      return;
    case '500':
      void reply.code(500).send({ error: 'internal server error' });
      return;
    case 'outage':
      void reply.send(OUTAGE);
      return;
    case 'hang':
      reply.hijack();
      return;
    case 'cut':
      sendCut(page, reply);
      return;
    case 'broken-json':
      void reply.type('application/json; charset=utf-8').send(`${firstHalf(page)}…`);
      return;
    case 'html':
      void reply.type('text/html; charset=utf-8').send(PROXY_PAGE);
      return;
    case 'bad-user':
      void reply.type('application/json; charset=utf-8').send(withoutFirstLogin(page));
  }
}

function sendCut(page: string, reply: FastifyReply): void {
  reply.hijack();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(page) };
  reply.raw.writeHead(200, headers).write(firstHalf(page), () => reply.raw.destroy());
}

function firstHalf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

function withoutFirstLogin(page: string): string {
  const { results, ...rest } = JSON.parse(page) as { results: Record<string, unknown>[] };
  const [first, ...others] = results;
  const { login: _, ...badUser } = first ?? {};
  return JSON.stringify({ results: [badUser, ...others], ...rest });
}
