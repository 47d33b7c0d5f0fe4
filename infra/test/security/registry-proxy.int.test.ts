import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSecrets } from '../../src/secrets/make-secrets.ts';
import { WORKSPACE } from '../../src/workspace.ts';

const CONFIG = join(WORKSPACE, 'infra', 'images', 'registry-proxy', 'nginx.conf');

/** What came through to the registry, as it was sent. */
let forwarded: string[] = [];
const registry = createServer((incoming, answer) => {
  forwarded.push(`${incoming.method} ${incoming.url}`);
  if (incoming.headers.authorization !== undefined) forwarded.push(incoming.headers.authorization);
  answer.setHeader('content-type', 'application/json').end('[]');
});
let folder: string;
let port: number;
const passwords: Record<string, string> = { nobody: 'none' };
let stop: () => Promise<void>;

beforeAll(async () => {
  if (spawnSync('nginx', ['-v']).status !== 0)
    throw new Error('there is no nginx on the PATH: install it (apt-get install nginx-light)');
  folder = await mkdtemp(join(tmpdir(), 'sluice-proxy-'));
  const secrets = join(folder, 'secrets');
  await makeSecrets(secrets);
  for (const user of ['writer', 'producer', 'migrate'])
    passwords[user] = await readFile(join(secrets, `registry-${user}`), 'utf8');
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), await configuration(secrets));
  // Started by root it would change to a user who may not read the folder; the image starts it as another one.
  const directives = `daemon off; user ${userInfo().username};`;
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-g', directives], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(nginx, 'exit');
  stop = async () => {
    nginx.kill('SIGTERM');
    await ended;
  };
  await vi.waitUntil(() => {
    if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}: ${said}`);
    return send('nobody', 'GET', '/').then(
      () => true,
      () => false,
    );
  }, 30_000);
}, 60_000);

afterAll(async () => {
  await stop();
  registry.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  forwarded = [];
});

/** The configuration of the image, but for where its files are, where it listens and where the registry is. */
async function configuration(secrets: string): Promise<string> {
  const changes = [
    ['/tmp/', `${folder}/`],
    ['/run/secrets/', `${secrets}/`],
    ['listen 8443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['http://schema-registry:8081', `http://127.0.0.1:${(registry.address() as AddressInfo).port}`],
  ] as const;
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${CONFIG} does not say ${from}`);
      return text.replaceAll(from, to);
    },
    await readFile(CONFIG, 'utf8'),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: free } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return free;
}

/** The status of the answer; Node sends the path as it is. */
async function send(user: string, method: string, path: string): Promise<number | undefined> {
  const sent = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    method,
    path,
    auth: `${user}:${passwords[user]}`,
    ca: await readFile(join(folder, 'secrets', 'ca.crt')),
    agent: false,
  });
  const [answer] = (await once(sent.end(), 'response')) as [{ statusCode?: number; resume(): void }];
  answer.resume();
  return answer.statusCode;
}

const reads = [
  ['GET', '/'],
  ['GET', '/subjects'],
  ['GET', '/subjects?deleted=true'],
  ['GET', '/schemas/types'],
  ['GET', '/schemas/ids/7'],
  ['GET', '/schemas/ids/7/schema'],
  ['GET', '/subjects/user_records-value/versions'],
  ['GET', '/subjects/user_records-value/versions/latest'],
  ['GET', '/subjects/a%2Fb/versions/2/schema'],
  ['HEAD', '/subjects/user_records-value/versions/1'],
  ['GET', '/config'],
  ['GET', '/config/user_records-value?defaultToGlobal=true'],
  ['GET', '/mode'],
  ['POST', '/subjects/user_records-value'],
  ['POST', '/compatibility/subjects/user_records-value/versions/latest?verbose=true'],
  ['POST', '/compatibility/subjects/user_records-value/versions?verbose=true'],
] as const;
const registrations = [
  ['POST', '/subjects/user_records-value/versions'],
  ['POST', '/subjects/user_records-value/versions?normalize=true'],
  ['POST', '/subjects/a%2Fb/versions'],
] as const;
const changes = [
  ['PUT', '/config'],
  ['PUT', '/config/user_records-value'],
  ['DELETE', '/config/user_records-value'],
  ['PUT', '/mode'],
  ['DELETE', '/subjects/user_records-value?permanent=true'],
  ['DELETE', '/subjects/user_records-value/versions/1'],
] as const;

describe('the proxy of the registry', () => {
  it.each(reads)('lets every user %s %s, as it was sent and without the password', async (method, path) => {
    expect(await send('writer', method, path)).toBe(200);
    expect(forwarded).toEqual([`${method} ${path}`]);
  });

  it.each(registrations)(
    'lets those who register schemas %s %s, and refuses readers',
    async (method, path) => {
      expect(await send('producer', method, path)).toBe(200);
      expect(await send('migrate', method, path)).toBe(200);
      expect(await send('writer', method, path)).toBe(403);
      expect(forwarded).toEqual([`${method} ${path}`, `${method} ${path}`]);
    },
  );

  it.each(changes)('lets migrate %s %s, and refuses everybody else', async (method, path) => {
    expect(await send('migrate', method, path)).toBe(200);
    expect(await send('producer', method, path)).toBe(403);
    expect(await send('writer', method, path)).toBe(403);
    expect(forwarded).toEqual([`${method} ${path}`]);
  });

  it.each([...reads, ...registrations, ...changes])(
    'asks for a password before %s %s, whoever one says to be',
    async (method, path) => {
      expect([401, 403]).toContain(await send('nobody', method, path));
      passwords.forged = passwords.writer!;
      expect([401, 403]).toContain(await send('forged', method, path));
      expect(forwarded).toEqual([]);
    },
  );

  // Paths that nginx reads in another way than some registry does: each would be a registration or a change there.
  it.each([
    ['POST', '/subjects/a%2Fversions'],
    ['POST', '/subjects/a%2fversions'],
    ['POST', '/compatibility/../subjects/a/versions'],
    ['POST', '/compatibility/%2e%2e/subjects/a/versions'],
    ['POST', '/compatibility/.%2E/subjects/a/versions'],
    ['POST', '/compatibility/%252e%252e/subjects/a/versions'],
    ['POST', '/compatibility/..%2fsubjects/a/versions'],
    ['POST', '/compatibility/subjects/a/versions/..;/../../subjects/a/versions'],
    ['POST', '/subjects/a;x=1/versions'],
    ['POST', '/subjects/a/versions;x=1'],
    ['POST', '/subjects/a%3Bx=1'],
    ['POST', '/subjects/a%3b/versions'],
    ['POST', '/subjects/a/./versions'],
    ['POST', '/subjects/a/versions/.'],
    ['POST', '/subjects//a/versions'],
    ['POST', '/subjects/a/versions/'],
    ['POST', '/subjects/a\\versions'],
    ['POST', '/subjects/a%5Cversions'],
    ['POST', '/subjects/a%00/versions'],
    ['POST', '/compatibility/'],
    ['POST', '/compatibility/anything'],
    ['GET', '/subjects/..;/admin'],
    ['GET', '/apis/registry/v2/admin/rules'],
    ['GET', '/q/metrics'],
    ['PATCH', '/config'],
    ['TRACE', '/subjects'],
    ['POST', '/config'],
  ])('refuses a reader %s %s', async (method, path) => {
    expect([400, 403, 405]).toContain(await send('writer', method, path));
    expect(forwarded).toEqual([]);
  });

  it.each([
    ['DELETE', '/subjects/..;/subjects/a'],
    ['DELETE', '/subjects/a%2e%2e/versions/1'],
    ['PUT', '/config/%2E%2E/mode'],
    ['GET', '/q/metrics'],
    ['DELETE', '/apis/registry/v2/groups/default'],
  ])('refuses even migrate %s %s', async (method, path) => {
    expect([400, 403]).toContain(await send('migrate', method, path));
    expect(forwarded).toEqual([]);
  });
});
