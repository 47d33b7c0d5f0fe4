import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWhole, replaceWhole, withLock } from './lock.ts';
import { secretFile } from './secret-file.ts';
import { readRecord } from './state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it.each(['', '{"half', 'null', '{}'])('names a damaged lock file (%j), with what to do', async (content) => {
  const path = join(folder, 'start.lock');
  writeFileSync(path, content);
  await expect(withLock(path, new AbortController().signal, () => Promise.resolve())).rejects.toMatchObject({
    code: 'state-unreadable',
    message: expect.stringMatching(new RegExp(`^${path} is damaged.*delete it`)) as string,
  });
});

it.each(['', '{"half', 'null', '{"format":1}', '{"format":1,"owner":{},"services":[]}', '[]'])(
  'names a damaged state file (%j), with what to do',
  async (content) => {
    writeFileSync(join(folder, 'stack.json'), content);
    await expect(readRecord(folder)).rejects.toMatchObject({
      code: 'state-unreadable',
      message: expect.stringContaining(`${join(folder, 'stack.json')} is not a state file`) as string,
    });
  },
);

it('leaves the old content, and nothing beside it, where the disk is full', async () => {
  const path = join(folder, 'stack.json');
  await replaceWhole(path, 'old');
  const script = `import { createWhole, replaceWhole } from '${new URL('lock.ts', import.meta.url).href}';
    for (const write of [replaceWhole, createWhole])
      await write(${JSON.stringify(path)}, 'new').catch((error) => console.log(error.code, error.message));`;
  const { stdout } = spawnSync(
    'bash',
    [
      '-c',
      'ulimit -f 0; trap "" XFSZ; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ],
    { encoding: 'utf8' },
  );
  const named = `state-unwritable ${path} cannot be written (EFBIG): free space`;
  expect(stdout.split('\n').map((line) => line.slice(0, named.length))).toEqual([named, named, '']);
  expect(readdirSync(folder)).toEqual(['stack.json']);
  expect(readFileSync(path, 'utf8')).toBe('old');
});

it('makes a secret once, for its owner alone, also where a full disk left it empty', async () => {
  const path = join(folder, 'secret');
  writeFileSync(path, '', { mode: 0o644 });
  const [one, two] = await Promise.all([secretFile(path), secretFile(path)]);
  expect(one).toHaveLength(32);
  const kept = readFileSync(path, 'utf8');
  expect([one, two]).toContain(kept);
  expect(await secretFile(path)).toBe(kept);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await createWhole(path, 'other')).toBe(false);
});
