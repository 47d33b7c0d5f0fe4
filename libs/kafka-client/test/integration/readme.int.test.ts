import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the example of the README runs', async () => {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(stdout).toBe('ada: Hello, Ada\ncommitted\n');
});
