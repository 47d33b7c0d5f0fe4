import { appendFileSync, chmodSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Change } from '../contract/audits.ts';

/** Bytes at the end of the file that are looked at for the newest lines. */
const tailBytes = 1024 * 1024;

/** The log of what operators changed and revealed: JSON lines that are only ever added. It holds no personal data. */
export class ChangeLog {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Written before it returns: a change that cannot be written down does not happen. */
  add(change: Change): void {
    appendFileSync(this.file, `${JSON.stringify(change)}\n`, { mode: 0o600, flush: true });
    chmodSync(this.file, 0o600);
  }

  /** The newest ones first. */
  newest(limit: number): Change[] {
    const lines = this.#tail().split('\n');
    const changes: Change[] = [];
    for (const line of lines.reverse()) {
      if (changes.length === limit) break;
      const change = parse(line);
      if (change) changes.push(change);
    }
    return changes;
  }

  #tail(): string {
    let file: number;
    try {
      file = openSync(this.file, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  }
}

/** The first line of a tail may be half a one, and the last after a crash. */
function parse(line: string): Change | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Change);
  } catch {
    return undefined;
  }
}
