import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { clientCredentialsToken } from './oauth-token.ts';

let provider: Server | undefined;

afterEach(() => {
  provider?.close();
  provider?.closeAllConnections();
});

/** An identity provider with one way to answer; returns its address. */
async function startProvider(answer: RequestListener): Promise<string> {
  provider = createServer(answer).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  return `http://127.0.0.1:${(provider.address() as AddressInfo).port}/token`;
}

const client = { clientId: 'writer', clientSecret: 'a:secret/with signs' };

describe('a token by client credentials', () => {
  it('is asked for as RFC 6749 says, and serves until shortly before its end', async () => {
    const seen: { authorization: string | undefined; body: string }[] = [];
    const url = await startProvider((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ authorization: request.headers.authorization, body });
        response.end(JSON.stringify({ access_token: `token-${seen.length}`, expires_in: 100 }));
      });
    });
    let now = 0;
    const token = clientCredentialsToken({ url, scope: 'kafka', ...client }, { now: () => now });
    expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1']);
    now = 69_999;
    expect(await token()).toBe('token-1');
    now = 70_000;
    expect(await token()).toBe('token-2');
    const user = Buffer.from('writer:a%3Asecret%2Fwith%20signs').toString('base64');
    expect(seen[0]).toEqual({
      authorization: `Basic ${user}`,
      body: 'grant_type=client_credentials&scope=kafka',
    });
  });

  it('that is refused is an error without the secret, and is asked for again', async () => {
    let answers = 0;
    const url = await startProvider((_, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 401 : 200;
      response.end(JSON.stringify({ error: 'invalid_client', access_token: 'late' }));
    });
    const token = clientCredentialsToken({ url, ...client });
    const failure = await token().catch(String);
    expect(failure).toContain(
      `${url} answers 401 (invalid_client): check the id and the secret of client writer`,
    );
    expect(failure).not.toContain('a:secret');
    expect(await token()).toBe('late');
  });

  it('is missing with a message where the provider answers otherwise or not at all', async () => {
    const url = await startProvider((_, response) => response.end('<html>'));
    await expect(clientCredentialsToken({ url, ...client })()).rejects.toThrow('without an access_token');
    const nobody = { url: 'http://127.0.0.1:1/token', ...client };
    await expect(clientCredentialsToken(nobody)()).rejects.toThrow(
      'http://127.0.0.1:1/token cannot be reached (ECONNREFUSED)',
    );
  });

  it.each([
    ['says nothing', () => undefined],
    ['goes on for ever', (response: ServerResponse) => setInterval(() => response.write(' '), 20)],
  ])('is given up at its deadline where the provider %s', async (_what, answer) => {
    let timer: NodeJS.Timeout | undefined;
    onTestFinished(() => clearInterval(timer));
    const url = await startProvider((_, response) => {
      timer = answer(response);
    });
    const token = clientCredentialsToken({ url, ...client }, { timeoutMs: 300 });
    await expect(token()).rejects.toThrow(`${url} cannot be reached (no answer within 0.3 s)`);
  });
});
