import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('ends a program that cannot see its owner end, and what that has started, when the owner is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-app-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = `
    import { AppProcess } from ${JSON.stringify(fileURLToPath(new URL('app-process.ts', import.meta.url)))};
    const args = ['-c', 'sleep 600 & echo $$ $!; wait'];
    new AppProcess({ name: 'shell', file: '/bin/sh', args, env: process.env, logsToStdout: true }, ${JSON.stringify(folder)});
  `;
  const args = ['--conditions=@sluice/source', '--input-type=module', '--eval', program];
  const owner = spawn(process.execPath, args, { stdio: 'inherit' });
  onTestFinished(() => void owner.kill('SIGKILL'));
  const pids = await vi.waitFor(
    async () => {
      const log = await readFile(join(folder, 'shell.log'), 'utf8');
      expect(log).toMatch(/^\d+ \d+\n$/);
      return log.trim().split(' ').map(Number);
    },
    { timeout: 50_000, interval: 100 },
  );
  expect(pids.filter(isRunning)).toHaveLength(2);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 20_000, interval: 100 });
}, 90_000);
