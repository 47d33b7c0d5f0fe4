import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in a form that only equals itself. */
  readonly startedAt: string;
}

const POLL_MS = 50;

/** The identity of a running process; undefined when there is none, or only its unreaped remains. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt;
}

/**
 * Asks the process to end (SIGTERM) and waits; after the deadline it is killed.
 * A process that took over the pid is left alone.
 */
export async function terminate(target: ProcessIdentity, deadlineMs: number): Promise<'ended' | 'killed'> {
  if (!signalTo(target, 'SIGTERM')) return 'ended';
  // A process that was stopped (SIGSTOP) hears of the first signal only by this one.
  signalTo(target, 'SIGCONT');
  if (await waitForEnd(target, deadlineMs)) return 'ended';
  await kill(target, deadlineMs);
  return 'killed';
}

/** Ends the process at once (SIGKILL) and waits until it is gone, up to the deadline. */
export async function kill(target: ProcessIdentity, deadlineMs: number): Promise<void> {
  signalTo(target, 'SIGKILL');
  await waitForEnd(target, deadlineMs);
}

function signalTo(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function waitForEnd(target: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (isRunning(target)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Fields 3 (state), 20 (threads) and 22 (start, in ticks since boot) of proc_pid_stat(5). */
function startFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // Field 2, the program's name in brackets, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie with threads left still holds its ports and files: it has not ended yet.
  const ended = fields[0] === 'Z' && Number(fields[17]) <= 1;
  return ended ? undefined : fields[19];
}

function startFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.slice(line.indexOf(' ')).trim();
  } catch {
    return undefined;
  }
}
