import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { StateError, unusable } from '../state-error.ts';

/** The text of a token file; undefined where there is none. @throws StateError where others can write it, or it cannot be read */
export function readTokenFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, 'read', error);
  }
  try {
    const problem = writersOf(fstatSync(file));
    if (problem)
      throw new StateError(`${path} can be written by ${problem}, who could make tokens of their own`, {
        action: `look at what it holds, then give it to the user that runs the console and run \`chmod 600 ${path}\``,
      });
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof StateError ? error : unusable(path, 'read', error);
  } finally {
    closeSync(file);
  }
}

/** Who else could write a file; undefined where nobody could but this user and root. */
function writersOf({ mode, uid }: Stats): string | undefined {
  // Windows has neither
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if ((mode & 0o022) !== 0) return 'others';
  return uid === own || uid === 0 ? undefined : 'another user';
}

/** Writes a token file that is not there yet: whole, or not at all. @throws StateError */
export function writeTokenFile(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // not renamed: never over a file that another console has just made
    linkSync(draft, path);
  } catch (error) {
    throw unusable(path, 'written', error);
  } finally {
    rmSync(draft, { force: true });
  }
}
