import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startStack } from '../../src/index.ts';
import { identify } from '../../src/process-identity.ts';
import { environmentOf } from './environment.ts';
import { listeningAddresses } from './listening.ts';

// Python in the executors, which run in processes of the worker.
const JOB = `
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("executors' sum:", spark.sparkContext.parallelize(range(100), 2).map(lambda x: x * 2).sum())
`;

test('Spark runs a job in an executor of its worker, on this machine alone, and leaves no process', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-spark-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const environment = await environmentOf('spark-jobs');
  const stack = await startStack({ services: ['spark'], dataDir, spark: { environment, memoryMiB: 1024 } });
  onTestFinished(() => stack.stop());
  const { master, ui } = stack.endpoints.spark!;

  const job = join(dataDir, 'job.py');
  await writeFile(job, JOB);
  const { stdout } = await promisify(execFile)(
    join(environment, 'bin', 'spark-submit'),
    ['--master', master, '--executor-memory', '512m', '--driver-memory', '512m', job],
    {
      env: {
        PATH: `${join(environment, 'bin')}:${process.env.PATH}`,
        JAVA_HOME: process.env.JAVA_HOME,
        SPARK_LOCAL_IP: '127.0.0.1',
        PYSPARK_PYTHON: join(environment, 'bin', 'python'),
      },
    },
  );
  expect(stdout).toContain("executors' sum: 9900");
  const state = (await (await fetch(`${ui}/json/`)).json()) as { completedapps: unknown[] };
  expect(state.completedapps).toHaveLength(1);
  expect(new Set(await listeningAddresses(stack.services.map(({ pid }) => pid)))).toEqual(
    new Set(['127.0.0.1']),
  );

  await stack.stop();
  expect(stack.services.filter(({ pid }) => identify(pid))).toEqual([]);
}, 240_000);
