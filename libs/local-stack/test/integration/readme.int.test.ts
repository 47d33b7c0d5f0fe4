import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the example of the README runs', async () => {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-readme-'));
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)![1]!.replace("'.stack'", JSON.stringify(dataDir));
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(stdout).toMatch(/^\[ '127\.0\.0\.1:\d+' \] \d+\n$/);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
