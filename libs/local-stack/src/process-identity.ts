import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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
 * Asks the process to end (SIGTERM) and waits; after the deadline it is killed, and so is what it has started and left.
 * A process that took over the pid is left alone.
 */
export async function terminate(target: ProcessIdentity, deadlineMs: number): Promise<'ended' | 'killed'> {
  const asked = signalTo(target, 'SIGTERM');
  // A process that was stopped (SIGSTOP) hears of the first signal only by this one.
  if (asked) signalTo(target, 'SIGCONT');
  const ended = !asked || (await waitForEnd(target, deadlineMs));
  await kill(target, deadlineMs);
  return ended ? 'ended' : 'killed';
}

/** Ends the process and those that it started at once (SIGKILL) and waits until they are gone, up to the deadline. */
export async function kill(target: ProcessIdentity, deadlineMs: number): Promise<void> {
  signalTo(target, 'SIGKILL');
  await waitForEnd(target, deadlineMs);
  const left = membersOf(target);
  for (const member of left) signalTo(member, 'SIGKILL');
  await Promise.all(left.map((member) => waitForEnd(member, deadlineMs)));
}

/**
 * What a process that led a session has started and left behind, apart from what began a session of its own.
 * The system gives no pid away while a session has its number, so that it is another's session only where a
 * process of that number runs.
 */
function membersOf(leader: ProcessIdentity): readonly ProcessIdentity[] {
  if (leader.startedAt === '' || identify(leader.pid) !== undefined) return [];
  const pids = process.platform === 'linux' ? pidsFromProc(leader.pid) : pidsFromPs(leader.pid);
  return pids.flatMap((pid) => identify(pid) ?? []);
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
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  // A zombie with threads left still holds its ports and files: it has not ended yet.
  const ended = fields[0] === 'Z' && Number(fields[17]) <= 1;
  return ended ? undefined : fields[19];
}

/** Those whose session (field 6) has the number. */
function pidsFromProc(session: number): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => statFields(pid)?.[3] === String(session));
}

/** Fields of proc_pid_stat(5) from the third on. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2, the program's name in brackets, may hold spaces and brackets itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** macOS names no sessions: those of the process group, which the leader has begun, too. */
function pidsFromPs(group: number): readonly number[] {
  try {
    return execFileSync('ps', ['-axo', 'pid=,pgid='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .flatMap(([pid, pgid]) => (pgid === group && pid !== undefined ? [pid] : []));
  } catch {
    return [];
  }
}

function startFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.slice(line.indexOf(' ')).trim();
  } catch {
    return undefined;
  }
}
