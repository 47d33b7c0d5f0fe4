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

  it('answers 404 with an error to other paths', async () => {
    const response = await get('/api/9.9/');
    expect([response.statusCode, response.json()]).toEqual([
      404,
      { error: expect.stringContaining('/api/1.4/') },
    ]);
  });
});
