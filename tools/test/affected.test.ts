import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { environment, root } from '../workspace.mjs';

const nx = async (...args: string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/nx'), [...args, '--json'], {
    cwd: root,
    env: environment,
  });
  return JSON.parse(stdout);
};

const apps = ['console', 'producer', 'stream-writer'];
const suites = ['benchmarks', 'dags', 'faults', 'infra', 'spark-jobs'];
const onServices = ['cassandra-repository', 'kafka-client', 'schema-registry', 'stream-pipeline'];

describe('what a change affects', () => {
  it.concurrent.each([
    ['libs/local-stack/src/stack.ts', ['local-stack', 'test-kit', 'app-runtime', 'random-user-server']],
    ['libs/test-kit/src/run-stack.ts', ['test-kit', 'app-runtime', 'random-user-server']],
  ])('%s: everything that is tested on real services', async (file, others) => {
    expect(await affectedBy(file)).toEqual([...others, ...onServices, ...apps, ...suites].sort());
  });

  it.concurrent.each([
    [
      'libs/record-schema/src/index.ts',
      [
        'record-schema',
        'user-schema',
        'cassandra-repository',
        'stream-pipeline',
        'console',
        'producer',
        'stream-writer',
        ...suites,
      ],
    ],
    ['libs/random-user/src/index.ts', ['random-user', 'random-user-server', ...apps, ...suites]],
    ['apps/console/src/server.ts', ['console', 'dags', 'infra']],
    ['docs/architecture.md', []],
  ])('%s: its dependents alone', async (file, projects) => {
    expect(await affectedBy(file)).toEqual([...projects].sort());
  });

  async function affectedBy(file: string): Promise<string[]> {
    return ((await nx('show', 'projects', '--affected', `--files=${file}`)) as string[]).sort();
  }
});

// Nx decides by the inputs whether a result of its cache still holds.
describe('what the tests of a project are cached by', () => {
  it.concurrent.each([
    {
      project: 'stream-pipeline',
      by: [
        'libs/stream-pipeline/README.md',
        'libs/kafka-client/src/index.ts',
        'libs/local-stack/src/stack.ts',
        'libs/local-stack/services/kafka/pom.xml',
        'libs/test-kit/src/run-stack.ts',
        'tools/vitest.ts',
      ],
      notBy: [
        'libs/kafka-client/README.md',
        'libs/kafka-client/src/kafka-client.test.ts',
        'apps/producer/src/main.ts',
      ],
    },
    {
      project: 'spark-jobs',
      by: ['libs/local-stack/src/stack.ts', 'apps/stream-writer/src/main.ts'],
      notBy: ['apps/stream-writer/README.md'],
    },
  ])('$project', async ({ project, by, notBy }) => {
    const { files } = (await nx('show', 'target', 'inputs', `${project}:test`)) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(by));
    expect(files.filter((file) => notBy.includes(file))).toEqual([]);
  });
});
