import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock, SchemaRegistryOptions } from '../../src/index.ts';
import { SchemaRegistry } from '../../src/index.ts';
import { startServer } from '../http-server.ts';
import { answer } from '../registry-proxy.ts';

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const opened of toClose.splice(0)) await opened.close();
});

type Fault = (response: ServerResponse) => void;
const status =
  (code: number): Fault =>
  (response) => {
    answer(response, code, { error_code: code, message: 'in trouble' });
  };

/** A clock whose waits take no time, and are noted. */
function instantClock(): Clock & { sleeps: number[]; time: number } {
  return {
    sleeps: [],
    time: 0,
    now() {
      return this.time;
    },
    sleep(ms) {
      this.sleeps.push(ms);
      return Promise.resolve();
    },
  };
}

/** A server that does these things to the calls that come after the search for the API, in turn, and then answers an empty list. */
async function registryWith(faults: Fault[], options: Partial<SchemaRegistryOptions> = {}) {
  let calls = 0;
  const { url } = await served((request, response) => {
    if (request.url === '/schemas/types') {
      answer(response, 200, ['AVRO']);
      return;
    }
    calls += 1;
    const fault = faults.shift();
    if (fault) fault(response);
    else answer(response, 200, []);
  });
  const clock = instantClock();
  const retried: string[] = [];
  const registry = new SchemaRegistry({
    url,
    clock,
    random: () => 0,
    onRetry: ({ code }) => retried.push(code),
    ...options,
  });
  toClose.unshift(registry);
  return { registry, clock, retried, calls: () => calls };
}

async function served(listener: RequestListener) {
  const server = await startServer(listener);
  toClose.push(server);
  return server;
}

describe('what may pass', () => {
  it.each([408, 425, 429, 500, 503])('%j is tried again', async (code) => {
    const { registry, clock, retried, calls } = await registryWith([status(code), status(code)]);
    expect(await registry.subjects()).toEqual([]);
    expect([calls(), clock.sleeps]).toEqual([3, [100, 200]]);
    expect(retried).toEqual(['server-error', 'server-error']);
  });

  it('is an error with what the server says after three times', async () => {
    const { registry, calls } = await registryWith([status(500), status(500), status(503), status(500)]);
    await expect(registry.subjects()).rejects.toMatchObject({
      code: 'server-error',
      retryable: true,
      status: 503,
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/subjects answered 503: in trouble$/),
    });
    expect(calls()).toBe(3);
  });

  it('also is a broken connection, and an answer that is cut short', async () => {
    const broken: Fault = (response) => response.destroy();
    const cut: Fault = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('["half', () => response.destroy());
    };
    const { registry, retried } = await registryWith([broken, cut]);
    expect(await registry.subjects()).toEqual([]);
    expect(retried).toEqual(['unreachable', 'unreachable']);
  });

  it.each<[string, Fault]>([
    ['hangs', () => undefined],
    [
      'drips',
      (response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.once('close', () => {
          clearInterval(drip);
        });
      },
    ],
  ])('is a server that %s: the whole of an attempt has one time limit', async (_, fault) => {
    const { registry, calls } = await registryWith([fault, fault, fault], { timeoutMs: 150 });
    const asked = performance.now();
    await expect(registry.subjects()).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      message: expect.stringContaining('within 150 ms'),
    });
    expect(calls()).toBe(3);
    expect(performance.now() - asked).toBeLessThan(2_000);
  });

  it('is a registry that is away', async () => {
    const { url, close } = await served(() => undefined);
    await close();
    const retried: string[] = [];
    const registry = new SchemaRegistry({
      url,
      clock: instantClock(),
      onRetry: ({ code }) => retried.push(code),
    });
    toClose.push(registry);
    await expect(registry.schemaById(1)).rejects.toMatchObject({
      code: 'unreachable',
      retryable: true,
      message: expect.stringContaining(`cannot reach ${url}/`),
    });
    expect(retried).toEqual(['unreachable', 'unreachable']);
  });
});

describe('what does not pass', () => {
  it.each([
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'refused'],
    [409, 'incompatible'],
    [422, 'refused'],
  ])('%j is thrown at once', async (code, expected) => {
    const { registry, calls } = await registryWith([status(code)]);
    await expect(registry.subjects()).rejects.toMatchObject({
      code: expected,
      retryable: false,
      status: code,
      message: expect.stringContaining('in trouble'),
    });
    expect(calls()).toBe(1);
  });

  const html: Fault = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Back soon.</html>');
  };
  it.each<[string, Fault]>([
    ['a web page', html],
    ['a redirect', (response) => response.writeHead(302, { location: '/ui' }).end()],
    [
      'a 404 of a proxy',
      (response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['nothing', (response) => response.end()],
    ['null', (response) => response.end('null')],
    ['another object', (response) => response.end('{"hello":1}')],
    ['a schema that is none', (response) => response.end('{"schema":"{","id":1,"version":1}')],
    [
      'references that are none',
      (response) => response.end('{"schema":"{}","id":1,"version":1,"references":[{"name":"A"}]}'),
    ],
  ])('%s in place of an answer is named as such', async (_, fault) => {
    const schema = { avsc: 'string' };
    const { registry } = await registryWith(Array.from({ length: 8 }, () => fault));
    const calls = [
      registry.schemaById(1),
      registry.version('s', 1),
      registry.lookUp('s', schema),
      registry.checkCompatibility('s', schema),
      registry.compatibility('s'),
      registry.subjects(),
      registry.versions('s'),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'bad-answer', retryable: false } });
    }
  });

  it('is an address where no registry is: the error says what was tried, without credentials', async () => {
    const { url } = await served((_, response) => {
      html(response);
    });
    const registry = new SchemaRegistry({ url, auth: { token: 'sesame' } });
    toClose.unshift(registry);
    const error: unknown = await registry.subjects().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'bad-answer',
      message:
        `there is no schema registry at ${url}: ${url}/schemas/types answered 200 (text/html), ` +
        `${url}/apis/ccompat/v7/schemas/types answered 200 (text/html). ` +
        'Give the address below which /subjects and /schemas are.',
    });
  });

  it('is a schema that is not Avro', async () => {
    const { registry } = await registryWith([
      (response) => {
        answer(response, 200, { schema: '{}', schemaType: 'JSON' });
      },
    ]);
    await expect(registry.schemaById(1)).rejects.toMatchObject({
      code: 'not-avro',
      message: expect.stringContaining('of type JSON'),
    });
  });
});

describe('a failed look-up by id', () => {
  it('is given again for a second without a request, then asked again', async () => {
    const { registry, clock, calls } = await registryWith([
      (response) => {
        answer(response, 404, { error_code: 40403, message: 'Schema not found' });
      },
      (response) => {
        answer(response, 200, { schema: '"string"' });
      },
    ]);
    for (const time of [0, 500, 999]) {
      clock.time = time;
      await expect(registry.schemaById(7)).rejects.toMatchObject({ code: 'schema-not-found' });
    }
    expect(calls()).toBe(1);
    clock.time = 1_000;
    expect(await registry.schemaById(7)).toEqual({ id: 7, avsc: 'string', references: [] });
    expect(calls()).toBe(2);
  });
});

describe('answers of Confluent where Apicurio has others', () => {
  it('are understood: a list of reasons, and a subject without a level of its own', async () => {
    const { registry } = await registryWith([
      (response) => {
        answer(response, 200, { is_compatible: false, messages: ['one', 'two'] });
      },
      (response) => {
        answer(response, 404, { error_code: 40408, message: 'no level' });
      },
    ]);
    expect(await registry.checkCompatibility('s', { avsc: 'string' })).toEqual({
      compatible: false,
      messages: ['one', 'two'],
    });
    expect(await registry.compatibility('s')).toBeUndefined();
  });
});

describe('close', () => {
  it('ends what is under way, and what comes later', async () => {
    const asked = new EventTarget();
    const { registry } = await registryWith([
      () => {
        asked.dispatchEvent(new Event('asked'));
      },
    ]);
    const arrived = once(asked, 'asked');
    const waiting = registry.subjects();
    waiting.catch(() => undefined);
    await arrived;
    await registry.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed', retryable: false });
    await expect(registry.subjects()).rejects.toMatchObject({ code: 'closed' });
    await expect(registry.schemaById(1)).rejects.toMatchObject({ code: 'closed' });
  });

  it('ends the wait for another attempt', async () => {
    const { url } = await served((_, response) => {
      status(500)(response);
    });
    let closing: Promise<void> | undefined;
    const registry: SchemaRegistry = new SchemaRegistry({
      url,
      random: () => 0.999,
      onRetry: () => {
        closing = registry.close();
      },
    });
    await expect(registry.subjects()).rejects.toMatchObject({ code: 'closed' });
    await closing;
  });
});
