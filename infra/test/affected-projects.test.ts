import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const withServices = ['cassandra-repository', 'kafka-client', 'schema-registry', 'stream-pipeline'];

// Nx reads the same inputs for its cache: a test result must not outlive the services that it was made on.
it.concurrent.each([
  'libs/local-stack/src/kafka.ts',
  'libs/local-stack/services/kafka/pom.xml',
  'tools/test-stack.mjs',
])('a change of %s affects the projects that are tested on real services', async (file) => {
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules/.bin/nx'),
    ['show', 'projects', '--affected', `--files=${file}`, '--json'],
    { cwd: root, env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' } },
  );
  expect(JSON.parse(stdout)).toEqual(expect.arrayContaining(withServices));
});
