import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** Ends a process when this one ends, however that happens. */
export interface Watchdog {
  /** Lets the process live on. */
  release(): void;
}

/**
 * A shell of its own process group waits for the end of a pipe that only this process holds open.
 * The system closes the pipe even on SIGKILL, and the shell then asks the service to end, also one that a test has stopped (SIGSTOP). A service shares
 * no process group with its owner either: a Ctrl-C must reach the owner alone, which still has work to finish.
 */
export function watch(pid: number): Watchdog {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$1"; kill -CONT "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  // A pipe is a socket of its own, which would keep this process.
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return {
    release: () => void shell.kill('SIGKILL'),
  };
}
