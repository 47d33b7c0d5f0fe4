import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStack, stopStack } from '@sluice/local-stack';
import { expect, onTestFinished, test } from 'vitest';
import { joinOrStart, up } from '../../src/services.ts';

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test('a run starts its own services beside taken ports; services in the background are joined and stay', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-infra-'));
  onTestFinished(async () => {
    await stopStack(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });
  const taken = await takenPort();
  const ports = { kafka: taken };

  const messages: string[] = [];
  const own = await joinOrStart({ dataDir, ports, onProgress: (message) => messages.push(message) });
  onTestFinished(() => own.stop());
  expect(messages[0]).toBe(`kafka: port ${taken} is taken, a free one is used`);
  expect(own.joined).toBe(false);
  await expect(up({ dataDir, ports: {} })).rejects.toMatchObject({ code: 'already-running' });
  await own.stop();
  expect(await readStack(dataDir)).toBeUndefined();

  await expect(up({ dataDir, ports })).rejects.toMatchObject({ code: 'port-taken' });
  const background = await up({ dataDir, ports: {} });
  expect(await up({ dataDir, ports: {} })).toMatchObject({ ...background, joined: true });
  const joined = await joinOrStart({ dataDir, ports: {} });
  expect(joined).toMatchObject({ joined: true, sourceUrl: background.sourceUrl });
  const answer = await fetch(`${joined.sourceUrl}?results=2`);
  expect(((await answer.json()) as { results: unknown[] }).results).toHaveLength(2);
  const subjects = await fetch(`${joined.endpoints.schemaRegistry!.url}/apis/ccompat/v7/subjects`);
  expect(await subjects.json()).toEqual([]);
  await joined.stop();
  expect((await readStack(dataDir))?.services.map(({ running }) => running)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  await expect(joinOrStart({ dataDir, ports: {}, fresh: true })).rejects.toThrow('infra:down');
}, 180_000);
