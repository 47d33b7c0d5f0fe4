import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request in place of a page. */
export type Fault = (response: ServerResponse) => void;

export interface SourceServer {
  readonly url: string;
  /** The query of every request so far. */
  readonly requests: URLSearchParams[];
  /** What the next requests get, in order; after them, pages again. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** A real HTTP server that answers pages like the API's, whose users are told apart by seed, page and index. */
export async function startSource(): Promise<SourceServer> {
  const requests: URLSearchParams[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    requests.push(query);
    const fault = faults.shift();
    if (fault) fault(response);
    else response.end(JSON.stringify(pageFor(query)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}/api/`,
    requests,
    faults,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function pageFor(query: URLSearchParams) {
  const [seed = '', page = '1', results = '1'] = ['seed', 'page', 'results'].map(
    (name) => query.get(name) ?? undefined,
  );
  return {
    results: Array.from({ length: Number(results) }, (_, index) => ({
      uuid: `${seed}/${page}/${index.toString()}`,
    })),
    info: { seed, results: Number(results), page: Number(page), version: '1.4' },
  };
}
