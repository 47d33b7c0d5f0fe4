import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Node reads the proxies at its start. */
async function probeWith(env: Record<string, string>, status: number): Promise<string> {
  const service = createServer((_, response) => response.writeHead(status).end('{"up":true}'));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const program = `import { answerOf } from './src/answer-of.ts';
    console.log(JSON.stringify(await answerOf('${url}', AbortSignal.timeout(10_000)).catch(String)));`;
  try {
    const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, ...env } };
    const run = promisify(execFile);
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module-typescript', '--eval', program],
      options,
    );
    return stdout.trim().replace(url, 'URL');
  } finally {
    service.close();
  }
}

it('probes go by no proxy of the environment', async () => {
  const refusing = 'http://127.0.0.1:1';
  const env = {
    HTTP_PROXY: refusing,
    http_proxy: refusing,
    NODE_USE_ENV_PROXY: '1',
    NO_PROXY: '',
    no_proxy: '',
  };
  expect(await probeWith(env, 200)).toBe('{"up":true}');
});

it('a service that refuses is not ready', async () => {
  expect(await probeWith({}, 503)).toBe('"Error: URL answers 503"');
});
