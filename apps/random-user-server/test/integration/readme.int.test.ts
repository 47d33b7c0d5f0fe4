import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultyServer, faultyServer } from '../server-process.ts';

let server: FaultyServer;
beforeAll(async () => {
  server = await faultyServer();
});
afterAll(() => server.stop());

/** Does what a curl command of the README does, on the server of this test. */
async function request(command: string): Promise<{ status: number; body: unknown }> {
  const [, path = ''] = /http:\/\/127\.0\.0\.1:3080([^\s']*)/.exec(command) ?? [];
  const [, json] = /--json '(.*?)'/.exec(command) ?? [];
  const response = await fetch(new URL(path, server.url), {
    method: json ? 'POST' : (/-X (\w+)/.exec(command)?.[1] ?? 'GET'),
    ...(json && { headers: { 'content-type': 'application/json' }, body: json }),
  });
  return { status: response.status, body: await response.json() };
}

it('the requests of the README are answered as it says', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const answers = [];
  for (const [command] of readme.matchAll(/^curl .*$/gm)) answers.push(await request(command));
  const waiting = [{ kind: '500', count: 2, after: 1 }];
  expect(answers).toEqual([
    { status: 200, body: { results: expect.any(Array), info: expect.objectContaining({ results: 5000 }) } },
    { status: 200, body: { requests: 1, given: {}, waiting } },
    { status: 200, body: { requests: 1, given: {}, waiting } },
    { status: 200, body: { requests: 1, given: {}, waiting: [] } },
    { status: 429, body: { error: expect.any(String) } },
  ]);
});
