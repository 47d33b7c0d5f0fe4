import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CassandraSession } from '../../src/index.ts';
import { cassandra } from './test-keyspace.ts';

test('the example of the README runs, and prints what it says', async () => {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    const [outcomes, found] = stdout.trim().split('\n');
    expect(readme).toContain(`It prints \`${outcomes}\` and \`${found}\`.`);
  } finally {
    const session = await CassandraSession.connect(cassandra());
    await session.query('DROP KEYSPACE IF EXISTS readme_shop', [], { timeoutMs: 60_000 });
    await session.close();
  }
});
