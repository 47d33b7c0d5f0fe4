import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the example of the README runs', async () => {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd });
  const lines = stderr.trim().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ msg: 'batch written', p99: expect.closeTo(0.05, 2) });
});
