import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startHealthServer } from './health-server.ts';
import type { HealthServer } from './health-server.ts';
import { createLogger } from './logger.ts';
import { Metrics } from './metrics.ts';
import type { HealthServerOptions } from './options.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(options: Partial<HealthServerOptions> = {}) {
  const log: string[] = [];
  const server: HealthServer = await startHealthServer({
    port: 0,
    metrics: new Metrics(),
    live: () => true,
    ready: () => ({ ready: true, reasons: [] }),
    logger: createLogger({ name: 'test', destination: { write: (line) => log.push(line) } }),
    ...options,
  });
  closing.push(() => server.close());
  const get = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port.toString()}${path}`, init);
  return { server, get, log };
}

describe('startHealthServer', () => {
  it('tells what the program is, where it is given', async () => {
    const { get } = await start({ info: { name: 'app', version: '1.2.3', settings: { LOG_LEVEL: 'info' } } });
    const info = (await (await get('/info')).json()) as Record<string, number>;
    expect(info).toMatchObject({ name: 'app', version: '1.2.3', settings: { LOG_LEVEL: 'info' } });
    expect(info.startedAt).toBeLessThanOrEqual(Date.now());
    expect(info.memoryBytes).toBeGreaterThan(1_000_000);
    expect(info.cpuSeconds).toBeGreaterThan(0);
    const without = await start();
    expect((await without.get('/info')).status).toBe(404);
  });

  it('serves the metrics as Prometheus text', async () => {
    const metrics = new Metrics();
    metrics
      .counter<{ status: number }>({ name: 'requests_total', help: 'Requests.', labels: ['status'] })
      .inc({ status: 200 });
    const { get } = await start({ metrics });
    const response = await get('/metrics?x=1');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('requests_total{status="200"} 1');
  });

  it('answers 200 or 503 as the process says at that moment, with the reasons', async () => {
    let live = true;
    let reasons = ['sink-unavailable'];
    const { get } = await start({
      live: () => live,
      ready: () => ({ ready: reasons.length === 0, reasons }),
    });
    expect((await get('/health/live')).status).toBe(200);
    const unready = await get('/health/ready');
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { ready: false, reasons: ['sink-unavailable'] },
    ]);
    live = false;
    reasons = [];
    expect((await get('/health/live')).status).toBe(503);
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('is ready while degraded, and says by what', async () => {
    const degraded = [{ reason: 'transaction-open', partition: 3 }];
    const { get } = await start({ ready: () => ({ ready: true, reasons: [], degraded }) });
    const answer = await get('/health/ready');
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, reasons: [], degraded }]);
  });

  it('answers 404 to other paths, 405 to other methods and HEAD without a body', async () => {
    const { get } = await start();
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
    expect(await (await get('/health/ready', { method: 'HEAD' })).text()).toBe('');
  });

  it('refuses requests under a host name that is not its own, as a web page would send them', async () => {
    const { server } = await start({ allowedHosts: ['stream-writer'] });
    const statusFor = async (host: string, path: string) => {
      const call = request({ port: server.port, host: '127.0.0.1', path, headers: { host } }).end();
      const [response] = (await once(call, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    for (const path of ['/metrics', '/health/live', '/nothing'])
      expect(await statusFor('evil.example:9465', path)).toBe(421);
    for (const host of ['127.0.0.1:9465', 'localhost:9465', '[::1]', 'stream-writer:9465'])
      expect(await statusFor(host, '/metrics')).toBe(200);
  });

  it('answers 500 and logs when a check throws', async () => {
    const { get, log } = await start({
      ready: () => {
        throw new Error('broken check');
      },
    });
    expect((await get('/health/ready')).status).toBe(500);
    expect(log.join('')).toContain('broken check');
    expect((await get('/health/live')).status).toBe(200);
  });

  it('warns about a taken port and uses a free one', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    closing.push(() => new Promise((resolve) => other.close(resolve)));
    const taken = (other.address() as AddressInfo).port;
    const { server, get, log } = await start({ port: taken });
    expect(server.port).not.toBe(taken);
    expect((await get('/health/live')).status).toBe(200);
    expect(JSON.parse(log.join(''))).toMatchObject({ level: 'warn', taken, port: server.port });
  });

  it('fails on an address that is not of this machine', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'health-server-failed' });
  });

  it(
    'disconnects clients that hold a request open, and bounds how many there are',
    { timeout: 30_000 },
    async () => {
      const { server, get } = await start();
      const clients = Array.from({ length: 110 }, () => connect(server.port, '127.0.0.1'));
      for (const client of clients)
        client.on('error', () => undefined).write('POST /health/live HTTP/1.1\r\nHost: x');
      const closed = clients.map(
        (client) => new Promise((resolve) => client.resume().once('close', resolve)),
      );
      const refused = () =>
        get('/health/live').then(
          () => false,
          () => true,
        );
      await Promise.all(clients.map((client) => once(client, 'connect')));
      expect(await refused()).toBe(true);
      await Promise.all(closed);
      expect((await get('/health/live')).status).toBe(200);
    },
  );

  it('closes at once although a client is in the middle of a request', async () => {
    const { server, get } = await start();
    const client = connect(server.port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET /health/live HTTP/1.1\r\n');
    await (await get('/health/live')).text();
    await server.close();
    await expect(get('/health/live')).rejects.toThrow();
    client.destroy();
  });
});
