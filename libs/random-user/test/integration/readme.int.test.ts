import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startSource } from '../source-server.ts';

it('the example of the README runs', async () => {
  const source = await startSource();
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!.replace('http://127.0.0.1:3080/api/', source.url);
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(stdout).toBe('page 1: 5000 users\npage 2: 5000 users\npage 3: 2000 users\n');
  await source.close();
});
