import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environment, root } from '../workspace.mjs';

const run = promisify(execFile);
let copy: string;

/** The workspace as it is checked out, with what `npm install` links. */
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'sluice-generators-'));
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 1e8,
  });
  for (const file of stdout
    .trim()
    .split('\n')
    .filter((name) => existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  mkdirSync(join(copy, 'node_modules', '@sluice'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@sluice') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const kind of ['libs', 'apps'])
    for (const name of readdirSync(join(copy, kind))) link(join(kind, name), name);
  link('tools', 'tools');
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

const link = (folder: string, name: string) => {
  symlinkSync(join(copy, folder), join(copy, 'node_modules', '@sluice', name));
};

const nx = (...args: string[]) => run('nx', args, { cwd: copy, env: environment, maxBuffer: 1e8 });

it('a generated library and a generated app pass every check, and leave nothing when they are removed', async () => {
  await nx('g', '@sluice/tools:library', 'sample-lib', '--layer=base', '--description=A sample.');
  await nx('g', '@sluice/tools:app', 'sample-app', '--description=A sample.');
  link('libs/sample-lib', 'sample-lib');
  link('apps/sample-app', 'sample-app');
  await nx('sync');
  expect(references()).toEqual(expect.arrayContaining(['./libs/sample-lib', './apps/sample-app']));

  const targets = ['typecheck', 'lint', 'test', 'build', 'package-lint'];
  await nx('run-many', '-t', ...targets, '-p', 'sample-lib', 'sample-app', '--parallel=2');
  const { stdout } = await run('node', ['apps/sample-app/dist/main.js', '--help'], { cwd: copy });
  expect(stdout).toContain('A sample.');
  await expect(nx('g', '@sluice/tools:app', 'sample-app', '--description=Again.')).rejects.toMatchObject({
    stderr: expect.stringContaining('apps/sample-app is there already'),
  });

  for (const name of ['sample-lib', 'sample-app']) await nx('g', '@nx/workspace:remove', name);
  await nx('sync');
  expect(existsSync(join(copy, 'libs/sample-lib')) || existsSync(join(copy, 'apps/sample-app'))).toBe(false);
  expect(references().filter((path) => path.includes('sample'))).toEqual([]);
}, 600_000);

function references(): readonly string[] {
  const { references: all } = JSON.parse(readFileSync(join(copy, 'tsconfig.json'), 'utf8')) as {
    references: { path: string }[];
  };
  return all.map(({ path }) => `./${path.replace(/^\.\//, '')}`);
}
