import { randomUUID } from 'node:crypto';
import { chmod, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from './errors.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 200;

/** Runs the action while no other process runs one under the same lock file. A dead holder's lock is void. */
export async function withLock<T>(path: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  const own = JSON.stringify(identify(process.pid));
  while (!(await createWhole(path, own))) {
    const held = await readIfThere(path);
    if (held !== undefined && !isRunning(holderOf(held, path))) await removeIf(path, held);
    else await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new LocalStackError('aborted', `gave up waiting for ${path}`);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

function holderOf(text: string, path: string): ProcessIdentity {
  try {
    const holder = JSON.parse(text) as ProcessIdentity | null;
    if (Number.isInteger(holder?.pid) && holder) return holder;
  } catch {
    // as below
  }
  throw new LocalStackError(
    'state-unreadable',
    `${path} is damaged, it names no process: delete it where nothing else is starting or downloading, and try again`,
  );
}

export interface WriteOptions {
  /** Permissions of the file, whatever the umask is. Default: 0o666 as the umask leaves it. */
  readonly mode?: number;
}

/**
 * Creates a file with all of its content at once; false when there is one already.
 * @throws LocalStackError `state-unwritable`; nothing is left behind then
 */
export function createWhole(path: string, content: string, options: WriteOptions = {}): Promise<boolean> {
  return withDraft(path, content, options, async (draft) => {
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/**
 * Replaces a file; a reader, also after a crash or on a full disk, sees the old content or the new.
 * @throws LocalStackError `state-unwritable`; the old content stays then
 */
export function replaceWhole(path: string, content: string, options: WriteOptions = {}): Promise<void> {
  return withDraft(path, content, options, (draft) => rename(draft, path));
}

async function withDraft<T>(
  path: string,
  content: string,
  { mode }: WriteOptions,
  action: (draft: string) => Promise<T>,
): Promise<T> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { flush: true, ...(mode !== undefined && { mode }) });
    // the mode above is cut by the umask
    if (mode !== undefined) await chmod(draft, mode);
    return await action(draft);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    // Node names no file where a disk is full
    const message = `${path} cannot be written (${code}): free space on its disk and look at the rights to its folder, or choose another folder`;
    throw new LocalStackError('state-unwritable', message, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes a file that still has this content: between the look and the removal another process may have renewed it. */
export async function removeIf(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
