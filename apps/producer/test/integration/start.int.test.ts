import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerProxy } from '../broker-proxy.ts';
import { brokers, ProducerFixture } from '../producer-fixture.ts';

let fixture: ProducerFixture;
beforeAll(async () => {
  fixture = await ProducerFixture.create();
});
afterAll(() => fixture.remove());

/** A port of this machine on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('bad configuration', () => {
  it('is named problem by problem, options included, with exit code 78', async () => {
    const producer = fixture.start(['run', '--count', '0', '--duration', '60d'], {
      KAFKA_BROKERS: 'kafka',
      SOURCE_URL: 'randomuser.me',
      SOURCE_PAGE_SIZE: '5001',
      SOURCE_RATE_LIMIT: 'fast',
      PASSWORD_POLICY: 'keep',
      MESSAGE_FORMAT: 'csv',
      SCHEMA_REGISTRY_URL: 'http://me:sesame@registry',
      SCHEMA_AUTO_REGISTER: 'perhaps',
      METRICS_PORT: '70000',
      SHUTDOWN_TIMEOUT: '10',
    });
    expect(await producer.ended).toBe(78);
    const named = [...producer.stderr.matchAll(/^ {2}- ([\w-]+):/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([
      ...['--count', '--duration', 'KAFKA_BROKERS', 'MESSAGE_FORMAT', 'METRICS_PORT', 'PASSWORD_POLICY'],
      ...['SCHEMA_AUTO_REGISTER', 'SCHEMA_REGISTRY_URL', 'SHUTDOWN_TIMEOUT', 'SOURCE_PAGE_SIZE'],
      ...['SOURCE_RATE_LIMIT', 'SOURCE_URL'],
    ]);
    expect(producer.stderr).not.toContain('sesame');
    expect(producer.stdout).toBe('');
  });

  it('is also what does not fit together', async () => {
    const producer = fixture.start(['run', '--count', '1'], {
      KAFKA_DLQ_TOPIC: fixture.topic,
      SCHEMA_REGISTRY_USERNAME: 'me',
    });
    expect(await producer.ended).toBe(78);
    expect(producer.stderr).toContain('KAFKA_DLQ_TOPIC: needs another topic than KAFKA_TOPIC');
    expect(producer.stderr).toContain('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both');
  });

  it.each([
    [['run'], 'needs --count or --duration'],
    [['run', '--count', '1', '--keys', '/nowhere/keys'], '--keys: /nowhere/keys cannot be written (ENOENT)'],
    [['run', '--cont', '1'], '--cont'],
    [['runn'], 'runn'],
  ])('%j exits with 78', async (args, message) => {
    const producer = fixture.start(args);
    expect(await producer.ended).toBe(78);
    expect(producer.stderr).toContain(message);
  });

  it('is none in --help, which names every command and setting', async () => {
    const producer = fixture.start(['--help']);
    expect(await producer.ended).toBe(0);
    expect(producer.stdout).toMatch(
      /serve.*run.*KAFKA_BROKERS.*SOURCE_URL.*MESSAGE_FORMAT.*SCHEMA_REGISTRY_URL.*Exit codes/s,
    );
  });
});

describe('Kafka', () => {
  it('without the topic ends the start, naming the topic and the command that creates it', async () => {
    const producer = fixture.start(['run', '--count', '1'], { KAFKA_TOPIC: 'nobody-made-this' });
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toContain(
      'producer: topic nobody-made-this does not exist. Run `npx nx run stream-writer:migrate`',
    );
  });

  it('that is away is named with its address and the command that starts it; once it is there the run goes on', async () => {
    const port = await freePort();
    const address = `127.0.0.1:${port.toString()}`;
    const producer = fixture.start(['run', '--count', '10', '--json'], { KAFKA_BROKERS: address });
    const { msg } = await producer.logged('cannot be reached');
    expect(msg).toContain(address);
    expect(msg).toContain('npx nx run infra:up');
    expect(await producer.get('/health/ready')).toMatchObject({
      status: 503,
      body: expect.stringContaining('kafka:unreachable'),
    });

    const proxy = await brokerProxy(brokers, port);
    expect(await producer.ended).toBe(0);
    expect(producer.summary).toMatchObject({ fetched: 10, produced: 10 });
    await proxy.cut();
  });

  it('that stays away does not keep a SIGTERM waiting, and nothing is fetched', async () => {
    const address = `127.0.0.1:${(await freePort()).toString()}`;
    const producer = fixture.start(['serve', '--json'], { KAFKA_BROKERS: address });
    await producer.logged('cannot be reached');
    const asked = performance.now();
    producer.kill('SIGTERM');
    expect(await producer.ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(producer.summary).toMatchObject({ fetched: 0, produced: 0 });
  });
});

it('a taken metrics port is a warning, and a free one is used', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const keys = join(fixture.folder, 'keys');
  const producer = fixture.start(['run', '--count', '1', '--keys', keys], { METRICS_PORT: port.toString() });
  expect(await producer.ended).toBe(0);
  expect(await producer.logged('taken')).toMatchObject({ level: 'warn', taken: port });
  taken.close();
});
