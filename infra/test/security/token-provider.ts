import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An identity provider that gives tokens to one client (RFC 6749, section 4.4). */
export async function startTokenProvider(
  client: { readonly id: string; readonly secret: string },
  token: () => Promise<string>,
): Promise<{ readonly url: string; stop(): void }> {
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const known = request.headers.authorization === authorization;
    void token().then((value) => {
      response.statusCode = known ? 200 : 401;
      const answer = known ? { access_token: value, expires_in: 300 } : { error: 'invalid_client' };
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    stop: () => server.close(),
  };
}
