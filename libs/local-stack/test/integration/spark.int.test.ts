import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type Stack, startStack } from '../../src/index.ts';
import { identify } from '../../src/process-identity.ts';
import { environmentOf } from './environment.ts';
import { listeningSockets } from './listening.ts';

// Python in the executors, which run in processes of the worker; and what everybody on the machine can see of all processes.
const JOB = `
import glob
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("executors' sum:", spark.sparkContext.parallelize(range(100), 2).map(lambda x: x * 2).sum())
for file in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(file).read().replace("\\0", " "))
    except OSError:
        pass
`;

let environment: string;
let dataDir: string;
let stack: Stack;
let job: string;

beforeAll(async () => {
  environment = await environmentOf('spark-jobs');
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-spark-'));
  stack = await startStack({ services: ['spark'], dataDir, spark: { environment, memoryMiB: 1024 } });
  job = join(dataDir, 'job.py');
  await writeFile(job, JOB);
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}, 240_000);

const endpoint = () => stack.endpoints.spark!;
const submit = (...options: string[]) => [
  join(environment, 'bin', 'spark-submit'),
  ...['--master', endpoint().master, '--executor-memory', '512m', '--driver-memory', '512m', ...options, job],
];
const env = () => ({
  PATH: `${join(environment, 'bin')}:${process.env.PATH ?? ''}`,
  JAVA_HOME: process.env.JAVA_HOME,
  SPARK_LOCAL_IP: '127.0.0.1',
  PYSPARK_PYTHON: join(environment, 'bin', 'python'),
});

interface State {
  readonly activeapps: readonly unknown[];
  readonly completedapps: readonly unknown[];
}
const masterState = async () => (await (await fetch(`${endpoint().ui}/json/`)).json()) as State;

test('Spark opens the ports of master, worker and their pages, on loopback, and no REST server for submissions', async () => {
  const sockets = await listeningSockets(stack.services.map(({ pid }) => pid));
  expect(new Set(sockets.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));
  // Beside these the worker has one of its own for messages.
  const [master] = stack.services;
  const ports = (await listeningSockets([master!.pid])).map(({ port }) => port);
  expect(ports.toSorted()).toEqual([master!.port, Number(new URL(endpoint().ui).port)].toSorted());
  expect(sockets).toHaveLength(4);
  expect(await (await fetch(endpoint().ui)).text()).not.toContain('6066');
});

test('a driver without the secret is refused by the master and runs nothing', async () => {
  const before = await masterState();
  await refusal(submit());
  const after = await masterState();
  expect([after.activeapps, after.completedapps.length]).toEqual([[], before.completedapps.length]);
}, 120_000);

/** Waits until a driver has failed to connect; it would try for a minute. A driver that ends was served. */
async function refusal([file, ...args]: readonly string[]): Promise<void> {
  const driver = spawn(file!, args, { env: env(), stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const ended = once(driver, 'exit');
  onTestFinished(() => ended.then(() => undefined));
  let said = '';
  driver.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  try {
    await vi.waitUntil(
      () => driver.exitCode !== null || said.includes('Failed to connect to master'),
      100_000,
    );
    expect(said).toContain('Failed to connect to master');
  } finally {
    process.kill(-driver.pid!, 'SIGKILL');
  }
}

test('a driver with the secret runs a job in an executor, and the secret is in its file alone', async () => {
  const { propertiesFile, ui } = endpoint();
  const [file, ...args] = submit('--properties-file', propertiesFile);
  const { stdout, stderr } = await promisify(execFile)(file!, args, { env: env() });
  expect(stdout).toContain("executors' sum: 9900");
  expect(stdout).toContain('CoarseGrainedExecutorBackend');
  expect((await masterState()).completedapps).toHaveLength(1);

  expect((await stat(propertiesFile)).mode & 0o777).toBe(0o600);
  const secret = /^spark\.authenticate\.secret (\S{43})$/m.exec(await readFile(propertiesFile, 'utf8'))![1]!;
  expect(stdout + stderr).not.toContain(secret);
  expect(await (await fetch(`${ui}/environment/`)).text()).not.toContain(secret);
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of files.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name);
    if (path !== propertiesFile) expect(`${path}: ${await readFile(path, 'latin1')}`).not.toContain(secret);
  }
}, 120_000);

test('a stack with Spark leaves no process', async () => {
  await stack.stop();
  expect(stack.services.filter(({ pid }) => identify(pid))).toEqual([]);
}, 60_000);
