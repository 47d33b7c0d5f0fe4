import { request as send, type ServerResponse } from 'node:http';
import { startServer } from './http-server.ts';

const APICURIO_PATH = '/apis/ccompat/v7';

export interface ProxyOptions {
  /** The path below which the API is, as behind Confluent's registry. Default: none. Elsewhere is nothing. */
  readonly prefix?: string;
  /** The Authorization header that is asked for; others get 401. */
  readonly authorization?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** The real registry under the paths of Confluent's, and what it was asked for. */
export async function startProxy(registryUrl: string, options: ProxyOptions = {}) {
  const { prefix = '', authorization, tls } = options;
  const requests: string[] = [];
  const server = await startServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method ?? ''} ${path}`);
    if (!path.startsWith(`${prefix}/`) || path.startsWith('/apis/')) {
      answer(response, 404, { error_code: 404, message: 'HTTP 404 Not Found' });
    } else if (authorization !== undefined && request.headers.authorization !== authorization) {
      answer(response, 401, { error_code: 401, message: 'Unauthorized' });
    } else {
      const url = new URL(registryUrl + APICURIO_PATH + path.slice(prefix.length));
      const { method, headers } = request;
      const passed = send(url, { method, headers: { ...headers, host: url.host } }, (real) => {
        response.writeHead(real.statusCode ?? 500, real.headers);
        real.pipe(response);
      });
      passed.on('error', () => response.destroy());
      request.pipe(passed);
    }
  }, tls);
  return { url: server.url + prefix, requests, close: server.close };
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
