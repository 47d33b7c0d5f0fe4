import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { assignPorts, freePort, requireFree } from './ports.ts';

async function listener(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test.each(['127.0.0.1', '0.0.0.0', '::'])('a port taken on %s is named with its owner', async (host) => {
  const port = await listener(host);
  await expect(requireFree(port, 'kafka')).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringMatching(
      process.platform === 'linux'
        ? new RegExp(`port ${port}, wanted for kafka, is taken by process ${process.pid} \\(`)
        : new RegExp(`port ${port}, wanted for kafka, is taken by`),
    ),
  });
});

test('a free port is below those of outgoing connections, and none that was given out before', async () => {
  const draws = [0.25, 0.25, 0.5];
  const random = () => draws.shift() ?? 0.75;
  const first = await freePort(new Set(), random);
  const second = await freePort(new Set([first]), random);
  expect(first).toBeGreaterThanOrEqual(20_000);
  expect(second).toBeLessThan(32_000);
  expect(second).not.toBe(first);
});

test('a service gets the port that is wanted for it, or a free one, or that of the one it shares it with', async () => {
  const wanted = await freePort(new Set());
  const services = [{ name: 'one' }, { name: 'two' }, { name: 'three', samePortAs: 'two' }];
  const ports = await assignPorts(services, { one: wanted });
  expect(ports.get('one')).toBe(wanted);
  expect(ports.get('two')).not.toBe(wanted);
  expect(ports.get('three')).toBe(ports.get('two'));
});
