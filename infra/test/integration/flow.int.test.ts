import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopStack } from '@sluice/local-stack';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

const program = fileURLToPath(new URL('../flow-program.ts', import.meta.url));

/** Every process of one run, by a variable of the environment that all of them inherit. */
async function processesOf(run: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environ.includes(`SLUICE_TEST_RUN=${run}`)) found.push(Number(pid));
  }
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function start(dataDir: string, writer = 'stream-writer', ...records: string[]) {
  const run = randomUUID();
  const args = [dataDir, String(await freePort()), writer, ...records];
  const child = spawn(process.execPath, ['--conditions=@sluice/source', program, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      JAVA_HOME: process.env.JAVA_HOME,
      SLUICE_TEST_RUN: run,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    for (const pid of await processesOf(run)) process.kill(pid, 'SIGKILL');
  });
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    output: () => output,
    processes: () => processesOf(run),
    /** Waits until rows are written, by the status line. */
    flowing: () =>
      vi.waitFor(() => expect(output).toMatch(/written [1-9]/), { timeout: 90_000, interval: 100 }),
  };
}

describe('npm start', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-flow-'));
  });
  afterAll(async () => {
    await stopStack(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('runs until Ctrl-C, which leaves no process within 15 s', async () => {
    const flow = await start(dataDir);
    await flow.flowing();
    expect(flow.output()).toMatch(/^source: http:/);
    const { 1: subjects = '' } = /look at the schemas: +curl (\S+)/.exec(flow.output()) ?? [];
    expect((await fetch(subjects)).status).toBe(200);
    const [, address = '', tokenFile = ''] =
      /look at all of it: +(\S+) \(log in with the text of (.*)\)/.exec(flow.output()) ?? [];
    const login = await fetch(`${address}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sluice-console': '1' },
      body: JSON.stringify({ token: (await readFile(tokenFile, 'utf8')).trim() }),
    });
    expect(login.status).toBe(200);
    expect(await (await fetch(address)).text()).toContain('<html');
    expect((await flow.processes()).length).toBeGreaterThan(6);
    const stoppedAt = performance.now();
    flow.kill('SIGINT');
    expect(await flow.ended).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(15_000);
    expect(await flow.processes()).toEqual([]);
  }, 120_000);

  it('ends by itself with --records: the status, then one JSON object of what is in Cassandra', async () => {
    const flow = await start(dataDir, 'stream-writer', '50');
    expect(await flow.ended).toBe(0);
    const lines = flow.output().trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      fetched: 50,
      produced: 50,
      written: 50,
      deadLettered: 0,
      lost: 0,
      seconds: expect.any(Number) as number,
    });
    expect(lines.findLast((line) => line.startsWith('fetched'))).toMatch(
      /^fetched 50 {2}produced 50 {2}written \d+ {2}dead-lettered 0 {2}lag 0 \(0 s\) .* ms$/,
    );
    expect(await flow.processes()).toEqual([]);
  }, 120_000);

  it('writes with the Spark job where it is asked to, and leaves none of its processes', async () => {
    const flow = await start(dataDir, 'spark', '50');
    expect(await flow.ended).toBe(0);
    expect(JSON.parse(flow.output().trim().split('\n').at(-1) ?? '')).toMatchObject({ written: 50, lost: 0 });
    expect(await flow.processes()).toEqual([]);
  }, 300_000);

  it('takes all its processes with it when it is killed', async () => {
    const flow = await start(dataDir);
    await flow.flowing();
    flow.kill('SIGKILL');
    await vi.waitFor(async () => expect(await flow.processes()).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
  }, 120_000);
});
