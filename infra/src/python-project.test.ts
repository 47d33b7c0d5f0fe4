import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { WORKSPACE } from './workspace.ts';

/** A Python project without an environment, and a PATH with these programs alone. */
function project(programs: Readonly<Record<string, string>>): {
  readonly folder: string;
  readonly path: string;
} {
  const base = mkdtempSync(join(tmpdir(), 'sluice-python-'));
  onTestFinished(() => {
    rmSync(base, { recursive: true, force: true });
  });
  const [folder, path] = [join(base, 'project'), join(base, 'bin')];
  for (const made of [folder, path]) mkdirSync(made);
  writeFileSync(join(folder, 'requirements.lock'), '');
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(path, name), script);
    chmodSync(join(path, name), 0o755);
  }
  return { folder, path };
}

function makeEnvironment(folder: string, path: string) {
  const script = join(WORKSPACE, 'tools', 'python-environment.mjs');
  return spawnSync(process.execPath, [script, folder, 'true'], { encoding: 'utf8', env: { PATH: path } });
}

it.each<{ where: string; programs: Record<string, string> }>([
  { where: 'there is no Python', programs: {} },
  { where: 'python3 is another version', programs: { python3: '#!/bin/sh\necho 3.13\n' } },
  { where: 'Python 3.11 lacks venv', programs: { 'python3.11': '#!/bin/sh\necho 3.11; exit 1\n' } },
])('says which Python it needs, and how to get it, where $where', ({ programs }) => {
  const { folder, path } = project(programs);
  const { status, stdout, stderr } = makeEnvironment(folder, path);
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe(
    'no Python 3.11 with venv was found as python3.11, python3 or python on PATH: install it (on Debian and Ubuntu ' +
      'python3.11 and python3.11-venv) and start again\n',
  );
  // nothing half made is taken for an environment later
  expect(readdirSync(folder)).toEqual(['requirements.lock']);
});
