import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = text('compose.yaml');
const [, ofImage = '["node", "-e", "throw new Error()"]'] =
  /^HEALTHCHECK[^]*?CMD (\[.*\])$/m.exec(text('images/app.Dockerfile')) ?? [];
const [, ofSource = 'throw new Error("not found")'] = /"([^"]*fetch\([^"]*)"/.exec(compose) ?? [];
const images = new URL('../../images/', import.meta.url);
const imageChecks = globSync('**/*Dockerfile', { cwd: images }).flatMap(
  (name) => /^HEALTHCHECK[^]*?CMD .*$/m.exec(text(`images/${name}`)) ?? [],
);

it.each([
  ['the image', (JSON.parse(ofImage) as string[])[2] ?? ''],
  ['random-user-server', ofSource],
])('the health check of %s asks its own container, whatever proxy it has', async (_, script) => {
  const app = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port } = app.address() as AddressInfo;
  const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'kafka', NODE_USE_ENV_PROXY: '1' };
  const env = { PATH: process.env['PATH'], METRICS_PORT: String(port), ...proxy };
  await promisify(execFile)(process.execPath, ['-e', script.replace(':3080', `:${port}`)], { env });
  app.close();
});

it('curl and wget of a health check use no proxy', () => {
  const asking = [...compose.split('\n'), ...imageChecks].filter((line) => /\b(curl|wget)\b/.test(line));
  expect(asking.length).toBeGreaterThan(1);
  for (const line of asking)
    expect(line).toMatch(/curl"?,? ["']?--noproxy["']?,? ["']{1,2}\*["']|http_proxy= wget/);
});
