import { RandomUserClient, type RandomUserClientOptions, type RequestReport } from '@sluice/random-user';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultyServer, faultyServer } from '../server-process.ts';

let server: FaultyServer;
beforeAll(async () => {
  server = await faultyServer();
});
afterAll(() => server.stop());

/** The users that a client got, and how each of its attempts went. */
async function fetched(total: number, options: RandomUserClientOptions = {}) {
  const attempts: string[] = [];
  const waits: number[] = [];
  const client = new RandomUserClient({
    url: server.url,
    rateLimit: false,
    timeoutMs: 500,
    retryDelay: { minMs: 1, maxMs: 1 },
    onRequest: ({ status, error, retryInMs }: RequestReport) => {
      attempts.push(error ? `${status.toString()} ${error.code}` : status.toString());
      if (retryInMs !== undefined) waits.push(retryInMs);
    },
    ...options,
  });
  const uuids: string[] = [];
  try {
    for await (const { users } of client.pages({ total, pageSize: 10 })) {
      for (const user of users as { login: { uuid: string } }[]) uuids.push(user.login.uuid);
    }
  } finally {
    await client.close();
  }
  return { uuids, attempts, waits };
}

describe('the client of the RandomUser API', () => {
  it.each([
    ['429', '429 source-rate-limited'],
    ['500', '500 source-unavailable'],
    ['outage', '200 source-bad-answer'],
    ['hang', 'source-timeout source-timeout'],
    ['cut', '200 source-bad-answer'],
    ['broken-json', '200 source-bad-answer'],
    ['html', '200 source-bad-answer'],
  ])('gets every user once, in order, through %s in the middle', async (kind, attempt) => {
    const undisturbed = await fetched(30, { seed: kind });
    await server.plan({ kind, after: 1, count: 2 });
    const { uuids, attempts } = await fetched(30, { seed: kind });
    expect(attempts).toEqual(['200', attempt, attempt, '200', '200']);
    expect(uuids).toEqual(undisturbed.uuids);
    expect(new Set(uuids).size).toBe(30);
  });

  it('gets every user through all of them in a row', async () => {
    const kinds = ['429', 'cut', '500', 'html', 'outage', 'hang', 'broken-json'];
    for (const kind of kinds) await server.plan({ kind });
    const { uuids, attempts } = await fetched(20);
    expect(new Set(uuids).size).toBe(20);
    expect(attempts).toHaveLength(kinds.length + 2);
  });

  it('waits as long as Retry-After says, and not longer than its own delay without', async () => {
    await server.plan({ kind: '429', retryAfter: 1 });
    await server.plan({ kind: '429' });
    const { waits } = await fetched(1);
    expect(waits[0]).toBeGreaterThanOrEqual(1000);
    expect(waits[1]).toBeLessThanOrEqual(1);
  });

  it('says what an outage says, and gives up when it may', async () => {
    await server.plan({ kind: 'outage', count: 2 });
    await expect(fetched(1, { maxAttempts: 2 })).rejects.toThrow(
      /answered 200 with an error: Uh oh, something/,
    );
  });

  it('names a web page for what it is', async () => {
    await server.plan({ kind: 'html' });
    await expect(fetched(1, { maxAttempts: 1 })).rejects.toThrow(/text\/html/);
  });

  it('passes on a user that is not whole, for whoever reads it to refuse', async () => {
    await server.plan({ kind: 'bad-user' });
    const client = new RandomUserClient({ url: server.url, rateLimit: false });
    const { users } = await client.fetchPage({ page: 1, results: 3, seed: 's' });
    await client.close();
    expect(users.map((user) => Object.hasOwn(user as object, 'login'))).toEqual([false, true, true]);
  });
});
