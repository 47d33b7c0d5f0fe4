import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomUserClient } from '../../src/index.ts';
import type { RandomUserClientOptions, RequestReport } from '../../src/index.ts';
import { fakeClock } from '../fake-clock.ts';
import type { FakeClock } from '../fake-clock.ts';
import { pageFor, startSource } from '../source-server.ts';
import type { Fault, SourceServer } from '../source-server.ts';

let source: SourceServer;
let clock: FakeClock;
let reports: RequestReport[];
const clients: RandomUserClient[] = [];

beforeEach(async () => {
  source = await startSource();
  clock = fakeClock();
  reports = [];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await source.close();
});

function clientOf(options: RandomUserClientOptions = {}): RandomUserClient {
  const client = new RandomUserClient({
    url: source.url,
    clock,
    random: () => 0,
    onRequest: (report) => reports.push(report),
    ...options,
  });
  clients.push(client);
  return client;
}

async function usersOf(client: RandomUserClient, options: Parameters<RandomUserClient['pages']>[0]) {
  const users: unknown[] = [];
  for await (const page of client.pages(options)) users.push(...page.users);
  return users;
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };
const page = { page: 1, results: 3, seed: 's' };

describe('pages', () => {
  it('asks for pages of one seed until the total is reached, none of the users twice', async () => {
    const users = await usersOf(clientOf(), { total: 25, pageSize: 10 });
    expect(users).toHaveLength(25);
    expect(new Set(users.map((user) => JSON.stringify(user))).size).toBe(25);
    expect(source.requests.map((query) => [query.get('page'), query.get('results')])).toEqual([
      ['1', '10'],
      ['2', '10'],
      ['3', '5'],
    ]);
    expect(new Set(source.requests.map((query) => query.get('seed')))).toHaveLength(1);
    expect(reports.map(({ status, users }) => [status, users])).toEqual([
      [200, 10],
      [200, 10],
      [200, 5],
    ]);
  });

  it('has other users in every run, unless a seed is given', async () => {
    const client = clientOf();
    expect(await usersOf(client, { total: 2 })).not.toEqual(await usersOf(client, { total: 2 }));
    const seeded = clientOf({ seed: 'abc' });
    expect(await usersOf(seeded, { total: 2 })).toEqual([{ uuid: 'abc/1/0' }, { uuid: 'abc/1/1' }]);
    expect(await usersOf(seeded, { total: 2 })).toEqual([{ uuid: 'abc/1/0' }, { uuid: 'abc/1/1' }]);
  });

  it('asks for 5000 users a page unless told, and for the nationalities it was given', async () => {
    for await (const { users } of clientOf({ nationalities: ['GB', 'US'] }).pages()) {
      expect(users).toHaveLength(5000);
      break;
    }
    expect(source.requests[0]?.get('nat')).toBe('GB,US');
  });

  it('asks for the next page only when the one before has been taken', async () => {
    const pages = clientOf().pages({ pageSize: 1 });
    await pages.next();
    expect(source.requests).toHaveLength(1);
    await pages.next();
    expect(source.requests).toHaveLength(2);
    await pages.return();
  });

  it('goes on until the total when the source gives fewer users than asked for', async () => {
    source.faults.push((response) => {
      response.end(JSON.stringify(pageFor(new URLSearchParams({ seed: 's', page: '1', results: '4' }))));
    });
    expect(await usersOf(clientOf(), { total: 10, pageSize: 10 })).toHaveLength(10);
    expect(source.requests.map((query) => query.get('results'))).toEqual(['10', '6']);
  });

  it('takes no more users than asked for when the source gives more', async () => {
    source.faults.push((response) => {
      response.end(JSON.stringify(pageFor(new URLSearchParams({ page: '1', results: '40' }))));
    });
    expect(await usersOf(clientOf(), { total: 10 })).toHaveLength(10);
  });

  it('keeps the parameters of its own address', async () => {
    await clientOf({ url: `${source.url}?key=k` }).fetchPage(page);
    expect(source.requests[0]?.get('key')).toBe('k');
  });
});

describe('retries', () => {
  const whole = JSON.stringify(pageFor(new URLSearchParams({ seed: 's', page: '1', results: '3' })));
  it.each<[string, Fault, { status: number | string; code: string }]>([
    ['429', answer(429, '{"error":"slow down"}'), { status: 429, code: 'source-rate-limited' }],
    ['500', answer(500, 'oops'), { status: 500, code: 'source-unavailable' }],
    ['503', answer(503, '<html>'), { status: 503, code: 'source-unavailable' }],
    ['200 with an error', answer(200, '{"error":"Uh oh"}'), { status: 200, code: 'source-bad-answer' }],
    [
      '200 that is not JSON',
      answer(200, '<html>maintenance</html>'),
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 with half of the JSON',
      answer(200, whole.slice(0, 50)),
      { status: 200, code: 'source-bad-answer' },
    ],
    ['200 with null', answer(200, 'null'), { status: 200, code: 'source-bad-answer' }],
    ['200 without results', answer(200, '{"info":{}}'), { status: 200, code: 'source-bad-answer' }],
    [
      '200 without an info block',
      answer(200, '{"results":[{}]}'),
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 without users',
      answer(200, whole.replace(/\[.*\]/, '[]')),
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 with another page',
      answer(200, whole.replace('"page":1', '"page":2')),
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 with invalid UTF-8',
      (response) => response.end(Buffer.from(whole.replace('s/1/0', 's/1/\u00ff'), 'latin1')),
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 whose body breaks off',
      (response) => {
        response
          .writeHead(200, { 'content-length': whole.length })
          .write(whole.slice(0, 50), () => response.destroy());
      },
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      '200 with 33 MiB',
      (response) => {
        response.end(whole.padEnd(33 * 1024 * 1024));
      },
      { status: 200, code: 'source-bad-answer' },
    ],
    [
      'a broken connection',
      (response) => response.destroy(),
      { status: 'source-unreachable', code: 'source-unreachable' },
    ],
    ['no answer', () => undefined, { status: 'source-timeout', code: 'source-timeout' }],
    [
      'an answer that stops',
      (response) => {
        response.writeHead(200).write(whole.slice(0, 50));
      },
      { status: 200, code: 'source-timeout' },
    ],
    [
      'an answer that drips',
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => {
          clearInterval(drip);
        });
      },
      { status: 200, code: 'source-timeout' },
    ],
  ])('asks again after %s', async (_name, fault, { status, code }) => {
    source.faults.push(fault, fault);
    // in all, for each attempt: what is refused for its size takes longer to arrive
    const timeoutMs = code === 'source-timeout' ? 200 : 30_000;
    const { users } = await clientOf({ timeoutMs }).fetchPage(page);
    expect(users).toHaveLength(3);
    expect(
      reports.map((report) => [report.status, report.users, report.error?.code, report.retryInMs]),
    ).toEqual([
      [status, 0, code, 250],
      [status, 0, code, 500],
      [200, 3, undefined, undefined],
    ]);
    expect(clock.sleeps).toEqual([250, 500]);
  });

  it('asks again while nothing listens', async () => {
    await source.close();
    const client = clientOf({ maxAttempts: 3 });
    await expect(client.fetchPage(page)).rejects.toMatchObject({
      code: 'source-unreachable',
      retryable: true,
      message: expect.stringMatching(/^cannot reach http:\/\/127\.0\.0\.1:\d+\/api\/: .*ECONNREFUSED/),
    });
    expect(reports).toHaveLength(3);
    source = await startSource();
  });

  it('waits as long as Retry-After asks for', async () => {
    source.faults.push(answer(429, '', { 'retry-after': '120' }));
    source.faults.push(answer(503, '', { 'retry-after': new Date(clock.date() + 180_000).toUTCString() }));
    await clientOf().fetchPage(page);
    expect(clock.sleeps[0]).toBe(120_000);
    expect(clock.sleeps[1]).toBeGreaterThan(55_000);
    expect(clock.sleeps[1]).toBeLessThanOrEqual(60_000);
  });

  it.each([
    [400, '{"error":"bad seed"}', 'bad seed'],
    [401, '', 'answered 401'],
    [404, '<p>not\n  here</p>', '<p>not here</p>'],
    [301, 'moved', 'answered 301'],
  ])('fails at once on %d with what the server says', async (status, body, message) => {
    source.faults.push(answer(status, body));
    await expect(clientOf().fetchPage(page)).rejects.toMatchObject({
      code: 'source-refused',
      retryable: false,
      status,
      message: expect.stringContaining(message),
    });
    expect(source.requests).toHaveLength(1);
    expect(reports[0]).toMatchObject({ status, users: 0 });
    expect(reports[0]?.retryInMs).toBeUndefined();
  });

  it('says what the answer calls itself when it is not JSON, and goes by what it is', async () => {
    source.faults.push(answer(200, '<html>Log in</html>', { 'content-type': 'text/html; charset=utf-8' }));
    source.faults.push(answer(200, whole, { 'content-type': 'text/html' }));
    expect((await clientOf().fetchPage(page)).users).toHaveLength(3);
    expect(reports[0]?.error?.message).toContain('(text/html; charset=utf-8)');
    expect(reports).toHaveLength(2);
  });

  it('puts nothing of a user into the message of an error', async () => {
    source.faults.push(answer(200, '{"results":[{"first":"Ann"'));
    const error = await clientOf({ maxAttempts: 1 })
      .fetchPage(page)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'source-bad-answer' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('Ann');
  });
});

describe('the rate limit', () => {
  it('makes pages wait, in pages no larger than the limit', async () => {
    await usersOf(clientOf({ rateLimit: { users: 10, perMs: 1000 } }), { total: 25 });
    expect(source.requests.map((query) => query.get('results'))).toEqual(['10', '10', '5']);
    expect(clock.sleeps).toEqual([1000, 1000]);
  });

  it('does not count requests that brought nothing', async () => {
    source.faults.push(answer(429, ''), answer(500, ''), (response) => response.destroy());
    await clientOf({ rateLimit: { users: 3, perMs: 1_000_000 } }).fetchPage(page);
    expect(clock.sleeps).toEqual([250, 500, 1000]);
  });

  it('counts an answer that the source has counted, even when it was no page', async () => {
    source.faults.push(answer(200, '{"error":"Uh oh"}'));
    await clientOf({ rateLimit: { users: 3, perMs: 1_000_000 } }).fetchPage(page);
    expect(clock.sleeps).toEqual([250, 1_000_000 - 250]);
  });

  it('can be switched off', async () => {
    await usersOf(clientOf({ rateLimit: false }), { total: 25_000 });
    expect(clock.sleeps).toEqual([]);
  });
});

describe('cancelling', () => {
  it('ends a request under way', async () => {
    const stop = new AbortController();
    source.faults.push(() => {
      stop.abort(new Error('stopped'));
    });
    await expect(clientOf().fetchPage({ ...page, signal: stop.signal })).rejects.toThrow('stopped');
  });

  it('ends an answer under way', async () => {
    const stop = new AbortController();
    source.faults.push((response) => {
      response.write('{"results":[', () => {
        stop.abort(new Error('stopped'));
      });
    });
    await expect(clientOf().fetchPage({ ...page, signal: stop.signal })).rejects.toThrow('stopped');
  });

  it.each(['a retry', 'the rate limit'])('ends the wait for %s', async (what) => {
    const stop = new AbortController();
    if (what === 'a retry') source.faults.push(answer(500, ''));
    clock.onSleep = () => {
      stop.abort(new Error('stopped'));
    };
    const client = clientOf({ rateLimit: { users: 10, perMs: 1000 } });
    await expect(usersOf(client, { total: 20, signal: stop.signal })).rejects.toThrow('stopped');
    expect(source.requests).toHaveLength(1);
  });

  it('ends a real wait too', async () => {
    const stop = new AbortController();
    source.faults.push(answer(500, '', { 'retry-after': '600' }));
    const client = new RandomUserClient({
      url: source.url,
      onRequest: () => {
        setImmediate(() => {
          stop.abort(new Error('stopped'));
        });
      },
    });
    clients.push(client);
    await expect(client.fetchPage({ ...page, signal: stop.signal })).rejects.toThrow('stopped');
  });

  it('asks for nothing when already cancelled', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(usersOf(clientOf(), { total: 1, signal })).rejects.toThrow('stopped');
    await expect(clientOf({ rateLimit: false }).fetchPage({ ...page, signal })).rejects.toThrow('stopped');
    expect(source.requests).toHaveLength(0);
  });

  it('ends a request when the client is closed, without asking again', async () => {
    const client = clientOf();
    source.faults.push(() => {
      void client.close();
    });
    await expect(client.fetchPage(page)).rejects.toMatchObject({ code: 'client-closed', retryable: false });
  });
});

describe('options', () => {
  it.each<[RandomUserClientOptions, string]>([
    [{ url: 'randomuser.me' }, 'url'],
    [{ url: 'ftp://randomuser.me/' }, 'url'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ maxAttempts: 1.5 }, 'maxAttempts'],
    [{ rateLimit: { users: 0, perMs: 1 } }, 'rateLimit.users'],
  ])('refuses %j', (options, name) => {
    expect(() => new RandomUserClient(options)).toThrow(
      expect.objectContaining({ code: 'bad-options', message: expect.stringContaining(name) }),
    );
  });

  it.each([
    [{ pageSize: 5001 }, 'pageSize'],
    [{ pageSize: 0 }, 'pageSize'],
    [{ total: -1 }, 'total'],
  ])('refuses pages of %j', async (options, name) => {
    await expect(clientOf().pages(options).next()).rejects.toThrow(name);
  });
});
