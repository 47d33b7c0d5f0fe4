import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAllowedHost } from './allowed-hosts.ts';
import { TelemetryError } from './errors.ts';
import type { HealthServerOptions } from './options.ts';

export interface HealthServer {
  /** The port in use, which differs from the one asked for when that was 0 or taken. */
  readonly port: number;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

/** A request is a few hundred bytes: whoever takes longer is disconnected, ms. */
const requestMs = 5_000;
/** Connections at a time, so that those held open do not take all of the process's files. */
const maxConnections = 100;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves `GET /metrics` (Prometheus text), `GET /health/live` and `GET /health/ready` (200, or 503 with the
 * reasons as JSON), and with `info` `GET /info`: what the program is, when it began, and what it takes. A request under a host name
 * that is not this program's gets 421, see `allowedHosts`.
 * @throws TelemetryError `health-server-failed` when neither the port nor a free one can be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port, host = '127.0.0.1', logger } = options;
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      void respond(request, response, options);
    },
  );
  server.maxConnections = maxConnections;
  try {
    await listen(server, port, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cannotListen(port, host, error);
    await listen(server, 0, host).catch((again: unknown) => {
      throw cannotListen(0, host, again);
    });
    logger.warn({ host, taken: port, port: portOf(server) }, 'metrics port is taken, using a free one');
  }
  return { port: portOf(server), close: () => close(server) };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: HealthServerOptions) {
  const answer = await answerTo(request, options).catch((error: unknown) => {
    options.logger.error({ err: error, path: pathOf(request) }, 'health check failed');
    return json(500, { error: 'internal error, see the log' });
  });
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    ...(answer.status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(request: IncomingMessage, options: HealthServerOptions): Promise<Answer> {
  if (!isAllowedHost(request.headers.host, options.allowedHosts))
    return json(421, {
      error: 'this host name is not allowed: use an IP address, or add the name to the allowed hosts',
    });
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { error: 'use GET' });
  switch (pathOf(request)) {
    case '/metrics':
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() };
    case '/health/live': {
      const live = options.live();
      return json(live ? 200 : 503, { live });
    }
    case '/health/ready': {
      const { ready, reasons, degraded } = await options.ready();
      return json(ready ? 200 : 503, { ready, reasons, ...(degraded && { degraded }) });
    }
    case '/info':
      if (options.info) return json(200, { ...options.info, ...processFigures() });
  }
  const paths = ['/metrics', '/health/live', '/health/ready', ...(options.info ? ['/info'] : [])];
  return json(404, { error: 'not found', paths });
}

/** Of this process: when it began, what it takes now, and the CPU time it has taken. */
function processFigures() {
  const { user, system } = process.cpuUsage();
  return {
    startedAt: Math.round(performance.timeOrigin),
    memoryBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  };
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function cannotListen(port: number, host: string, cause: unknown): TelemetryError {
  return new TelemetryError(
    'health-server-failed',
    `cannot serve metrics on ${host}:${port.toString()}: choose another address or port`,
    { cause },
  );
}
