import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { identify, isRunning, terminate } from './process-identity.ts';

async function start(script: string) {
  const child = spawn('/bin/sh', ['-c', `${script}; echo up; read -r _`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return identify(child.pid!)!;
}

test('a running process is recognised, and no longer once it has ended', async () => {
  const process = await start(':');
  expect(isRunning(process)).toBe(true);
  expect(await terminate(process, 5000)).toBe('ended');
  expect(isRunning(process)).toBe(false);
});

test('a process that ignores SIGTERM is killed after the deadline', async () => {
  const process = await start("trap '' TERM");
  expect(await terminate(process, 100)).toBe('killed');
  expect(isRunning(process)).toBe(false);
});

test('a process that took over the pid is not touched', async () => {
  const process = await start(':');
  await terminate({ ...process, startedAt: 'another time' }, 1000);
  expect(isRunning(process)).toBe(true);
});
