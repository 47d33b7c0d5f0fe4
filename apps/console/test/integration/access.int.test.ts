import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Change } from '../../src/contract/audits.ts';
import { type RouteName, routes } from '../../src/contract/routes.ts';
import { ConsoleFixture } from '../console-fixture.ts';

let fixture: ConsoleFixture;
beforeAll(async () => {
  fixture = await ConsoleFixture.create();
});
afterAll(() => fixture.drop({ migrated: false }));

const names = Object.keys(routes) as RouteName[];
const accessOf = (name: RouteName): string => routes[name].access;
const address = (name: RouteName) => name.split(' ')[1]!.replaceAll(/:\w+/g, 'x');
const method = (name: RouteName) => name.split(' ')[0]!;

test.each(names.filter((name) => accessOf(name) !== 'anyone'))('%s: nobody without a login', async (name) => {
  const answer = await fixture.send<{ error: { code: string } }>(method(name), address(name), { body: {} });
  expect(answer.status).toBe(401);
  expect(answer.body.error.code).toBe('not-logged-in');
});

test.each(names.filter((name) => accessOf(name) === 'change'))(
  '%s: no viewer, and it is written down',
  async (name) => {
    const answer = await fixture.send<{ error: { code: string } }>(method(name), address(name), {
      body: { confirm: true },
      role: 'viewer',
    });
    expect(answer.status).toBe(403);
    expect(answer.body.error.code).toBe('operators-only');
    const log = readFileSync(join(fixture.folder, 'changes.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(log.at(-1)!) as Change).toMatchObject({
      who: 'viewer',
      outcome: 'forbidden',
      from: '127.0.0.1',
    });
  },
);

test.each(names.filter((name) => accessOf(name) === 'change'))(
  '%s: no change that is not confirmed',
  async (name) => {
    expect(routes[name]).toMatchObject({ body: { properties: { confirm: { const: true } } } });
    expect((routes[name] as { body: { required: string[] } }).body.required).toContain('confirm');
    for (const body of [{}, { confirm: false }, { confirm: 'true' }]) {
      const answer = await fixture.send(method(name), address(name), { body, role: 'operator' });
      expect(answer.status).toBe(400);
    }
  },
);

test.each(names.filter((name) => !name.startsWith('GET ')))('%s: not from another site', async (name) => {
  const answer = await fixture.send<{ error: { code: string } }>(method(name), address(name), {
    body: { confirm: true },
    role: 'operator',
    headers: {},
  });
  expect(answer.status).toBe(403);
  expect(answer.body.error.code).toBe('cross-site');
});

test('every route of the contract is served', () => {
  for (const name of names)
    expect(fixture.app.hasRoute({ method: method(name) as 'GET', url: name.split(' ')[1]! })).toBe(true);
});

test('a stream of events needs a login, too', async () => {
  for (const url of ['/api/live', '/api/topics/x/tail'])
    expect((await fixture.send('GET', url)).status).toBe(401);
});

test('the cookie of a session is for this site alone', async () => {
  const answer = await fixture.send('POST', '/api/session', { body: { token: fixture.token('viewer') } });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ role: 'viewer' });
  const cookie = String(answer.headers['set-cookie']);
  expect(cookie).toContain('HttpOnly');
  expect(cookie).toContain('SameSite=Strict');
  expect(cookie).not.toContain(fixture.token('viewer'));
});

test('two consoles on one host keep their sessions apart', async () => {
  const cookieAt = async (host: string) => {
    const { headers } = await fixture.send('POST', '/api/session', {
      body: { token: fixture.token('viewer') },
      headers: { host, 'x-sluice-console': '1' },
    });
    return String(headers['set-cookie']).split('=')[0];
  };
  expect(await cookieAt('127.0.0.1:8090')).toBe('sluice_console_8090');
  expect(await cookieAt('[::1]:8091')).toBe('sluice_console_8091');
  expect(await cookieAt('localhost')).toBe('sluice_console');
});

test('a page of another site cannot reach it by a name that it points here', async () => {
  for (const url of ['/', '/api/session', '/metrics', '/health/live', '/api/nothing']) {
    const { status, text } = await fixture.send('GET', url, { headers: { host: 'evil.example:8090' } });
    expect([url, status]).toEqual([url, 421]);
    expect(text).toContain('ALLOWED_HOSTS');
  }
  const named = await ConsoleFixture.create({ ALLOWED_HOSTS: 'Console.Example' });
  const statusAt = async (host: string) =>
    (await named.send('GET', '/health/live', { headers: { host } })).status;
  expect(await statusAt('console.example:443')).toBe(200);
  expect(await statusAt('evil.example')).toBe(421);
  await named.drop({ migrated: false });
});

test('after a logout the cookie opens nothing', async () => {
  const { headers } = await fixture.send('POST', '/api/session', {
    body: { token: fixture.token('viewer') },
  });
  const cookie = String(headers['set-cookie']).split(';')[0]!;
  const own = { cookie, 'x-sluice-console': '1' };
  expect((await fixture.send('GET', '/api/tasks', { headers: own })).status).toBe(200);
  await fixture.send('DELETE', '/api/session', { headers: own });
  expect((await fixture.send('GET', '/api/tasks', { headers: own })).status).toBe(401);
});

test('guessing tokens is slowed down, and logging in is not', async () => {
  const fresh = await ConsoleFixture.create();
  const logIn = () => fresh.send('POST', '/api/session', { body: { token: fresh.token('viewer') } });
  for (let login = 0; login < 30; login++) expect((await logIn()).status).toBe(200);
  const statuses = [];
  for (let attempt = 0; attempt < 12; attempt++) {
    const { status } = await fresh.send('POST', '/api/session', { body: { token: `guess ${attempt}` } });
    statuses.push(status);
  }
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
  const refused = await logIn();
  expect([refused.status, Number(refused.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
  await fresh.drop({ migrated: false });
});

test('behind a proxy that speaks TLS, cookies are for TLS alone and addresses those of the browsers', async () => {
  const behind = await ConsoleFixture.create({
    CONSOLE_PUBLIC_URL: 'https://sluice.example',
    CONSOLE_TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const logIn = (token: string, forwarded: string) =>
    behind.send('POST', '/api/session', {
      body: { token },
      headers: { host: 'sluice.example', 'x-sluice-console': '1', 'x-forwarded-for': forwarded },
    });
  const { status, headers } = await logIn(behind.token('viewer'), '192.0.2.7');
  expect(status).toBe(200);
  expect(String(headers['set-cookie'])).toContain('Secure');
  expect(behind.services.changes.page({ limit: 1 }).changes[0]).toMatchObject({ from: '192.0.2.7' });
  // what a browser claims before the proxy adds its address is nothing
  await logIn(behind.token('viewer'), '10.9.9.9, 192.0.2.8');
  expect(behind.services.changes.page({ limit: 1 }).changes[0]).toMatchObject({ from: '192.0.2.8' });
  // one who guesses keeps no other out
  for (let attempt = 0; attempt < 12; attempt++) await logIn('a guess', '192.0.2.9');
  expect((await logIn('a guess', '192.0.2.9')).status).toBe(429);
  expect((await logIn(behind.token('viewer'), '192.0.2.7')).status).toBe(200);
  await behind.drop({ migrated: false });
  // nobody is believed who is not named
  const { changes } = fixture.services;
  await fixture.send('POST', '/api/session', {
    body: { token: fixture.token('viewer') },
    headers: { 'x-sluice-console': '1', 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' },
  });
  expect(changes.page({ limit: 1 }).changes[0]).toMatchObject({ what: 'login', from: '127.0.0.1' });
});

test('every page of the log of changes can be read', async () => {
  for (let login = 0; login < 12; login++)
    await fixture.send('POST', '/api/session', { body: { token: fixture.token('viewer') } });
  const times: number[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { limit: 3, ...(cursor && { cursor }) };
    const { status, body } = await fixture.call('GET /api/changes', { query });
    expect(status).toBe(200);
    times.push(...body.changes.map(({ at }) => at));
    cursor = body.next;
  } while (cursor);
  expect(times.length).toBeGreaterThan(10);
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  expect(
    (await fixture.send('GET', '/api/changes', { query: { cursor: '../x' }, role: 'viewer' })).status,
  ).toBe(400);
});

test('the page runs nothing inline, and the interface describes itself', async () => {
  const page = await fixture.send('GET', '/topics/some-topic');
  expect(page.status).toBe(200);
  const policy = String(page.headers['content-security-policy']);
  expect(policy).not.toContain('unsafe');
  expect(policy).toContain("frame-ancestors 'none'");
  const document = await fixture.send<{ paths: Record<string, unknown> }>('GET', '/api/openapi.json');
  expect(Object.keys(document.body.paths)).toContain('/api/groups/{group}/reset');
  expect((await fixture.send('GET', '/api/nothing')).status).toBe(404);
});

test('what is malformed is refused, without quoting it', async () => {
  const answer = await fixture.send('POST', '/api/users/lookup', {
    body: { uuid: 'a-secret-name' },
    role: 'viewer',
  });
  expect(answer.status).toBe(400);
  expect(answer.text).not.toContain('a-secret-name');
  const unknown = { uuid: '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3c', more: 1 };
  expect((await fixture.send('POST', '/api/users/lookup', { body: unknown, role: 'viewer' })).status).toBe(
    400,
  );
});

test('metrics and health are there without a login, and tell nothing personal', async () => {
  expect((await fixture.send('GET', '/metrics')).text).toContain('process_cpu_seconds_total');
  expect((await fixture.send('GET', '/health/live')).status).toBe(200);
});
