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
  expect(await cookieAt('console.example')).toBe('sluice_console');
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

test('guessing tokens is slowed down', async () => {
  const fresh = await ConsoleFixture.create();
  const statuses = [];
  for (let attempt = 0; attempt < 12; attempt++) {
    const { status } = await fresh.send('POST', '/api/session', { body: { token: `guess ${attempt}` } });
    statuses.push(status);
  }
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
  await fresh.drop({ migrated: false });
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
