import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from './errors.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 200;

/** Runs the action while no other process runs one under the same lock file. A dead holder's lock is void. */
export async function withLock<T>(path: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  const own = JSON.stringify(identify(process.pid));
  while (!(await createWhole(path, own))) {
    const held = await readIfThere(path);
    if (held !== undefined && !isRunning(JSON.parse(held) as ProcessIdentity)) await removeIf(path, held);
    else await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new LocalStackError('aborted', `gave up waiting for ${path}`);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

/** Creates a file with all of its content at once; false when there is one already. */
export async function createWhole(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Replaces a file; a reader sees the old content or the new. */
export async function replaceWhole(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  await rename(draft, path);
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
