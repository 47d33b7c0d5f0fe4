import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from './server.ts';

const server = createServer({ chooseSeed: () => 'chosen' });
afterAll(() => server.close());
const get = (url: string) => server.inject({ url });

describe('the RandomUser-compatible API', () => {
  it.each(['/api/', '/api', '/api/1.4/', '/api/1.4'])('answers %s', async (path) => {
    const response = await get(`${path}?results=3&seed=abc&page=2`);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    const { results, info } = response.json<{ results: unknown[]; info: unknown }>();
    expect(results).toHaveLength(3);
    expect(info).toEqual({ seed: 'abc', results: 3, page: 2, version: '1.4' });
  });

  it('answers the same seed and page with the same bytes, and names the seed that it chose', async () => {
    const chosen = await get('/api/?results=50');
    expect(chosen.json<{ info: unknown }>().info).toMatchObject({ seed: 'chosen' });
    expect((await get('/api/?results=50&seed=chosen')).body).toBe(chosen.body);
  });

  it('gives the first users of a page when fewer are asked for', async () => {
    const many = (await get('/api/?seed=a&results=20')).json<{ results: unknown[] }>().results;
    const few = (await get('/api/?seed=a&results=5')).json<{ results: unknown[] }>().results;
    expect(few).toEqual(many.slice(0, 5));
  });

  it('gives the same user with fewer fields, without the info block when told', async () => {
    const whole = (await get('/api/?seed=a')).json<{ results: Record<string, unknown>[] }>().results[0]!;
    expect((await get('/api/?seed=a&inc=nat,name&noinfo')).json()).toEqual({
      results: [{ name: whole['name'], nat: whole['nat'] }],
    });
  });

  it('keeps to the nationalities asked for', async () => {
    const { results } = (await get('/api/?results=200&nat=ir,ua')).json<{ results: { nat: string }[] }>();
    expect(new Set(results.map(({ nat }) => nat))).toEqual(new Set(['IR', 'UA']));
  });

  it.each([
    ['pretty', 'application/json; charset=utf-8', /^\{\n {2}"results"/],
    ['csv', 'text/csv; charset=utf-8', /^gender,name\.title,/],
    ['yaml', 'text/x-yaml; charset=utf-8', /^results:\n/],
    ['xml', 'text/xml; charset=utf-8', /^<\?xml /],
  ])('answers in %s', async (format, contentType, start) => {
    const response = await get(`/api/?results=2&format=${format}`);
    expect(response.headers['content-type']).toBe(contentType);
    expect(response.body).toMatch(start);
  });

  it('keeps to the gender and the passwords asked for', async () => {
    const { results } = (await get('/api/?results=50&gender=female&password=number,5-6')).json<{
      results: { gender: string; login: { password: string } }[];
    }>();
    expect(new Set(results.map(({ gender }) => gender))).toEqual(new Set(['female']));
    for (const { login } of results) expect(login.password).toMatch(/^\d{5,6}$/);
  });

  it('gives nobody a fault unless it was started for that', async () => {
    expect((await get('/api/?fault=500')).statusCode).toBe(200);
    expect((await get('/faults')).statusCode).toBe(404);
  });

  it('answers 404 with an error to other paths', async () => {
    const response = await get('/api/9.9/');
    expect([response.statusCode, response.json()]).toEqual([
      404,
      { error: expect.stringContaining('/api/1.4/') },
    ]);
  });
});

describe('a server with faults', () => {
  const faulty = createServer({ faults: true });
  afterAll(() => faulty.close());
  const plan = (payload: object) => faulty.inject({ method: 'POST', url: '/faults', payload });
  const api = (query = '') => faulty.inject(`/api/?results=4&seed=a${query}`);

  it('gives the next requests the faults that were planned, then pages again', async () => {
    expect((await plan({ kind: '429', retryAfter: 7 })).statusCode).toBe(200);
    await plan({ kind: '500', count: 2 });
    const first = await api();
    expect([first.statusCode, first.headers['retry-after']]).toEqual([429, '7']);
    expect([(await api()).statusCode, (await api()).statusCode, (await api()).statusCode]).toEqual([
      500, 500, 200,
    ]);
  });

  it('gives one request the fault that it asks for, in any format', async () => {
    expect((await api('&fault=429')).headers['retry-after']).toBeUndefined();
    expect((await api('&fault=outage')).json()).toEqual({ error: expect.stringContaining('Uh oh') });
    expect((await api('&fault=html&format=csv')).headers['content-type']).toBe('text/html; charset=utf-8');
    const { results } = (await api('&fault=bad-user')).json<{ results: object[] }>();
    expect(results.map((user) => 'login' in user)).toEqual([false, true, true, true]);
  });

  it('breaks the JSON of a whole answer', async () => {
    const { body } = await api('&fault=broken-json');
    expect(body.length).toBeGreaterThan(1000);
    expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
  });

  it('tells what it gave and what is to come, and forgets the latter when told', async () => {
    const before = (await faulty.inject('/faults')).json<{ requests: number }>();
    await plan({ kind: 'hang', count: 3, after: 1 });
    await api();
    const after = (await faulty.inject('/faults')).json<object>();
    expect(after).toMatchObject({
      requests: before.requests + 1,
      waiting: [{ kind: 'hang', count: 3, after: 0 }],
    });
    expect((await faulty.inject({ method: 'DELETE', url: '/faults' })).json()).toMatchObject({ waiting: [] });
    expect((await api()).statusCode).toBe(200);
  });

  it('refuses a fault that it does not know, by request and by plan', async () => {
    expect((await api('&fault=fire')).json()).toEqual({
      error: expect.stringContaining('kind needs one of'),
    });
    const refused = await plan({ kind: '500', count: 0 });
    expect([refused.statusCode, refused.json()]).toEqual([
      400,
      { error: 'count needs a whole number, 1 or more' },
    ]);
    expect((await api()).statusCode).toBe(200);
  });
});
