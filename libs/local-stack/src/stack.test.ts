import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { BuiltInService } from './options.ts';
import { isFree } from './ports.ts';
import { identify } from './process-identity.ts';
import type { NodeDefinition, ServiceDefinition } from './service.ts';
import { readStack, startStack, stopStack } from './stack.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-stack-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
});

/** A service of one's own: a program that listens, and what stands for its first use. */
function listener(
  name: string,
  probe: ServiceDefinition['probe'] = () => Promise.resolve(),
): ServiceDefinition {
  return {
    name,
    version: '1',
    prepare: ({ port }) =>
      Promise.resolve({
        file: process.execPath,
        args: ['-e', `require('node:net').createServer().listen(${port}, '127.0.0.1')`],
      }),
    probe,
  };
}

const gone = (pid: number) => identify(pid) === undefined;

test('a detached stack is found, is not started twice, and is stopped from elsewhere', async () => {
  const stack = await startStack({ services: [listener('one'), listener('two')], dataDir, detached: true });
  onTestFinished(() => stack.stop());
  expect(await readStack(dataDir)).toMatchObject({
    background: true,
    services: expect.arrayContaining([expect.objectContaining({ name: 'one', running: true })]),
  });
  await expect(startStack({ services: [listener('one')], dataDir })).rejects.toMatchObject({
    code: 'already-running',
    message: expect.stringContaining('in the background'),
  });
  expect(await stopStack(dataDir)).toHaveLength(2);
  expect(stack.services.every(({ pid }) => gone(pid))).toBe(true);
  expect(await readStack(dataDir)).toBeUndefined();
  expect(await stopStack(dataDir)).toEqual([]);
});

test('what a crashed run left running is named and stopped before the next start', async () => {
  const crashed = await startStack({ services: [listener('one'), listener('two')], dataDir, detached: true });
  onTestFinished(() => crashed.stop());
  const [one, two] = crashed.services;
  process.kill(one!.pid, 'SIGKILL');
  await vi.waitUntil(() => gone(one!.pid));

  const messages: string[] = [];
  const next = await startStack({
    services: [listener('one')],
    ports: { one: two!.port },
    dataDir,
    onProgress: (message) => messages.push(message),
  });
  onTestFinished(() => next.stop());
  expect(messages[0]).toMatch(new RegExp(`an earlier run .*; stopping ${two!.name} \\(pid ${two!.pid}\\)$`));
  expect(gone(two!.pid)).toBe(true);
});

test('a taken port fails the start before anything is started', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const messages: string[] = [];
  const start = startStack({
    services: [listener('one'), listener('two')],
    ports: { two: port },
    dataDir,
    onProgress: (message) => messages.push(message),
  });
  await expect(start).rejects.toMatchObject({ code: 'port-taken' });
  expect(messages).toEqual([]);
  expect(existsSync(join(dataDir, 'stack.json'))).toBe(false);
});

test('a service that is not ready in time fails the start with its last answer, and all are stopped', async () => {
  const messages: string[] = [];
  let ports: number[] = [];
  const late = listener('late', (port) => {
    ports = [port];
    return Promise.reject(new Error('not yet'));
  });
  const start = startStack({
    services: [late, listener('one')],
    dataDir,
    startTimeoutMs: 1500,
    onProgress: (message) => messages.push(message),
  });
  await expect(start).rejects.toMatchObject({
    code: 'start-timeout',
    message: expect.stringMatching(/late was not ready on port \d+ after 1.5 s \(last attempt: not yet\)/),
  });
  expect(messages.filter((message) => /: stopped after/.test(message))).toHaveLength(2);
  expect(await isFree(ports[0]!)).toBe(true);
});

test('one service is killed and restarted, on its port, and the stack knows its new process', async () => {
  const stack = await startStack({ services: [listener('one'), listener('two')], dataDir });
  onTestFinished(() => stack.stop());
  const byName = () => Object.fromEntries(stack.services.map((service) => [service.name, service]));
  const before = byName();
  await stack.kill('one');
  expect(gone(before.one!.pid)).toBe(true);
  await stack.restart('one');
  const after = byName();
  expect(after).toEqual({ ...before, one: { ...before.one, pid: after.one!.pid } });
  expect(after.one!.pid).not.toBe(before.one!.pid);
  expect((await readStack(dataDir))?.services.map(({ running }) => running)).toEqual([true, true]);

  await stack.restart('two');
  expect(gone(before.two!.pid)).toBe(true);
  await expect(stack.restart('three')).rejects.toMatchObject({ code: 'unknown-service' });

  await stack.stop();
  expect(stack.services.every(({ pid }) => gone(pid))).toBe(true);
  expect(await readStack(dataDir)).toBeUndefined();
  await expect(stack.restart('one')).rejects.toMatchObject({ code: 'aborted' });
});

test('a service that needs another is prepared when that one is ready, and stopped before it', async () => {
  const events: string[] = [];
  const database = listener('database', () => Promise.resolve(void events.push('database is ready')));
  const plain = listener('server');
  const server: NodeDefinition = {
    ...plain,
    after: ['database'],
    prepare: (context) => {
      events.push('server is prepared');
      return plain.prepare(context);
    },
  };
  const onProgress = (message: string) => {
    if (message.includes('stopped')) events.push(message);
  };
  const stack = await startStack({ services: [database, server], dataDir, onProgress, detached: true });
  onTestFinished(() => stack.stop());
  expect(events).toEqual(['database is ready', 'server is prepared']);
  // From elsewhere, too: the order is in the state file.
  await stopStack(dataDir, { onProgress });
  expect(events.slice(2).map((message) => message.split(':')[0])).toEqual(['server', 'database']);
});

/** A service that has started another program, and says its pid. */
function parent(): { definition: ServiceDefinition; child: () => Promise<number> } {
  const pidFile = join(dataDir, 'child');
  const program = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));`;
  const one = listener('parent');
  const definition: ServiceDefinition = {
    ...one,
    prepare: async (context) => {
      const { file, args } = await one.prepare(context);
      return { file, args: [args[0]!, `${program}${args[1]!}`] };
    },
  };
  return { definition, child: async () => Number(await readFile(pidFile, 'utf8')) };
}

test('what a service has started ends with it, by a stop and by a kill', async () => {
  const { definition, child } = parent();
  const stack = await startStack({ services: [definition], dataDir });
  onTestFinished(() => stack.stop());
  const first = await child();
  expect(gone(first)).toBe(false);
  await stack.kill('parent');
  expect(gone(first)).toBe(true);

  await stack.restart('parent');
  const second = await child();
  await stack.stop();
  expect(gone(second)).toBe(true);
});

test('what a service has started and left, having died by itself, ends with the stack', async () => {
  const { definition, child } = parent();
  const stack = await startStack({ services: [definition], dataDir });
  const { pid } = stack.services[0]!;
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => gone(pid));
  expect(gone(await child())).toBe(false);
  await stack.stop();
  expect(gone(await child())).toBe(true);
});

test('a service has the environment that it makes, and its details are kept for others', async () => {
  const one = listener('one');
  const output = join(dataDir, 'environment');
  const definition: ServiceDefinition = {
    ...one,
    prepare: async (context) => {
      const { file, args } = await one.prepare(context);
      const write = `require('node:fs').writeFileSync(${JSON.stringify(output)}, JSON.stringify(process.env));`;
      return {
        file,
        args: [args[0]!, `${write}${args[1]!}`],
        env: ({ PATH }) => ({ PATH, OF_ITS_OWN: 'yes' }),
        details: { page: 'somewhere' },
      };
    },
  };
  const stack = await startStack({ services: [definition], dataDir });
  onTestFinished(() => stack.stop());
  const environment = JSON.parse(await readFile(output, 'utf8')) as object;
  const locale = { LC_ALL: 'C.UTF-8', PYTHONUTF8: '1' };
  expect(environment).toEqual({ PATH: expect.stringContaining('/'), OF_ITS_OWN: 'yes', ...locale });
  const state = JSON.parse(await readFile(join(dataDir, 'stack.json'), 'utf8')) as { services: object[] };
  expect(state.services).toMatchObject([{ details: { page: 'somewhere' } }]);
});

test.each(['spark', 'airflow'] as const)(
  '%s without an environment, or the wrong one, says so',
  async (service) => {
    await expect(startStack({ services: [service], dataDir })).rejects.toMatchObject({
      code: 'environment-missing',
      message: expect.stringContaining(`${service}.environment`),
    });
    const setup = { environment: dataDir, dagsFolder: dataDir };
    await expect(startStack({ services: [service], dataDir, [service]: setup })).rejects.toMatchObject({
      code: 'environment-missing',
      message: expect.stringContaining(`not installed in ${dataDir}`),
    });
  },
);

test('a restart that is under way when the stack is stopped leaves nothing behind', async () => {
  let starts = 0;
  const probe = () => {
    starts += 1;
    return starts === 1 ? Promise.resolve() : new Promise<void>(() => undefined);
  };
  const stack = await startStack({ services: [listener('one', probe)], dataDir });
  const restarting = expect(stack.restart('one')).rejects.toMatchObject({ code: 'aborted' });
  await vi.waitUntil(() => starts === 2);
  await stack.stop();
  await restarting;
  expect(stack.services.every(({ pid }) => gone(pid))).toBe(true);
  expect(existsSync(join(dataDir, 'stack.json'))).toBe(false);
});

test('a service that was paused by a signal is stopped without waiting for the deadline', async () => {
  const messages: string[] = [];
  const onProgress = (message: string) => messages.push(message);
  const stack = await startStack({ services: [listener('one')], dataDir, onProgress });
  onTestFinished(() => stack.stop());
  process.kill(stack.services[0]!.pid, 'SIGSTOP');
  await stack.stop();
  expect(messages.at(-1)).toMatch(/^one: stopped after/);
});

test('a service of a detached stack that was restarted outlives the process that did it', async () => {
  const program = `
    import { startStack } from '@sluice/local-stack';
    const one = { name: 'one', version: '1', probe: async () => {},
      prepare: async ({ port }) => ({ file: process.execPath, args: ['-e', \`net.createServer().listen(\${port}, '127.0.0.1')\`] }) };
    const stack = await startStack({ services: [one], dataDir: ${JSON.stringify(dataDir)}, detached: true });
    await stack.restart('one');`;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const args = ['--conditions=@sluice/source', '--input-type=module', '--eval', program];
  await promisify(execFile)(process.execPath, args, { cwd });
  onTestFinished(async () => {
    await stopStack(dataDir);
  });
  const status = await readStack(dataDir);
  expect(status?.services).toMatchObject([{ running: true }]);
  expect(gone(status!.ownerPid)).toBe(true);
});

test('a service has its folder where it is told', async () => {
  const elsewhere = join(dataDir, 'another disk');
  const seen: string[] = [];
  const one = listener('one');
  const stack = await startStack({
    services: [
      {
        ...one,
        prepare: (context) => {
          seen.push(context.dataDir);
          return one.prepare(context);
        },
      },
    ],
    dataDir: join(dataDir, 'stack'),
    dataDirs: { one: elsewhere },
  });
  onTestFinished(() => stack.stop());
  expect(seen).toEqual([elsewhere]);
  expect(existsSync(elsewhere)).toBe(true);
});

test('a name that is not a built-in service is refused with those there are', async () => {
  const services = ['kafak' as BuiltInService];
  await expect(startStack({ services, dataDir })).rejects.toMatchObject({
    code: 'unknown-service',
    message:
      'there is no built-in service kafak: there are kafka, cassandra, schema-registry, spark, airflow',
  });
});

test('an aborted start stops what it started', async () => {
  const giveUp = new AbortController();
  let started = 0;
  const probe = (port: number) => {
    started = port;
    giveUp.abort();
    return new Promise<void>(() => undefined);
  };
  const start = startStack({ services: [listener('one', probe)], dataDir, signal: giveUp.signal });
  await expect(start).rejects.toMatchObject({ code: 'aborted' });
  expect(await isFree(started)).toBe(true);
  expect(await readStack(dataDir)).toBeUndefined();
});
