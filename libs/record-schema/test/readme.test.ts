import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the example in README.md prints what README.md says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const [, output = ''] = /```text\n(.*?)```/s.exec(readme) ?? [];
  // Inside the project, so that the example finds the package by its name.
  const program = new URL('../test-results/readme-example.ts', import.meta.url);
  mkdirSync(new URL('.', program), { recursive: true });
  writeFileSync(program, example);
  const args = ['--conditions=@sluice/source', fileURLToPath(program)];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(output);
});
