import {
  appendFileSync,
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Change } from '../contract/audits.ts';
import { unusable } from '../state-error.ts';
import { linesBefore } from './lines-before.ts';
import { Repetitions } from './repetitions.ts';

export interface ChangeLogOptions {
  /** A file that would grow beyond so many bytes is put aside as `changes-<number>.jsonl`. Default 10 MiB. */
  readonly maxBytes?: number;
  /** Files put aside that are kept; of more the oldest are deleted. Default 20. */
  readonly keptFiles?: number;
}

export interface ChangePage {
  /** The newest first. */
  readonly changes: Change[];
  /** Of the page after it; null where there is none. */
  readonly next: string | null;
}

/** The log of what operators changed and revealed, and of what was refused: JSON lines, only ever added. It holds no personal data. */
export class ChangeLog {
  readonly file: string;
  readonly #maxBytes: number;
  readonly #keptFiles: number;
  readonly #repetitions = new Repetitions((change) => {
    this.#append(change);
  });

  /** @param file `<folder>/changes.jsonl` */
  constructor(file: string, { maxBytes = 10 * 1024 * 1024, keptFiles = 20 }: ChangeLogOptions = {}) {
    this.file = file;
    this.#maxBytes = maxBytes;
    this.#keptFiles = keptFiles;
  }

  /** Written before it returns: a change that cannot be written down does not happen. @throws StateError */
  add(change: Change): void {
    this.#append(change);
  }

  /**
   * A refusal, of which there may be any number: the first is written at once, and equal ones that follow within some minutes as one line
   * with their number. So nobody pushes changes out of the log by what is refused. @throws StateError
   */
  addRefusal(change: Change): void {
    this.#repetitions.add(change);
  }

  /**
   * The newest ones first, from all files.
   * @param cursor `next` of the page before. Default: from the newest on
   */
  page({ limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }): ChangePage {
    const numbers = this.#numbers();
    const current = (numbers.at(-1) ?? 0) + 1;
    const [from = current, end] = cursor?.split(':').map(Number) ?? [];
    const changes: Change[] = [];
    for (const number of [current, ...numbers.reverse()]) {
      if (number > from) continue;
      const path = number === current ? this.file : this.#aside(number);
      for (const { text, start } of linesBefore(path, number === from ? end : undefined)) {
        const change = parse(text);
        if (!change) continue;
        changes.push(change);
        if (changes.length === limit) return { changes, next: `${number}:${start}` };
      }
    }
    return { changes, next: null };
  }

  /** Writes down what was counted only. */
  close(): void {
    this.#repetitions.close();
  }

  #append(change: Change): void {
    const line = `${JSON.stringify(change)}\n`;
    try {
      if (this.#write(line, this.#maxBytes)) return;
      this.#rotate();
      this.#write(line, Infinity);
    } catch (error) {
      throw unusable(this.file, 'written', error);
    }
  }

  /** False where the line would make the file too long. */
  #write(line: string, maxBytes: number): boolean {
    const file = openSync(this.file, 'a+', 0o600);
    try {
      const { size } = fstatSync(file);
      if (size > 0 && size + Buffer.byteLength(line) > maxBytes) return false;
      fchmodSync(file, 0o600);
      try {
        // half a line, as a crash leaves it, must not spoil this one
        appendFileSync(file, endsWithLine(file, size) ? line : `\n${line}`);
        fsyncSync(file);
      } catch (error) {
        ftruncateSync(file, size);
        throw error;
      }
      return true;
    } finally {
      closeSync(file);
    }
  }

  #rotate(): void {
    const numbers = this.#numbers();
    renameSync(this.file, this.#aside((numbers.at(-1) ?? 0) + 1));
    for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - this.#keptFiles)))
      rmSync(this.#aside(number), { force: true });
  }

  #aside(number: number): string {
    return join(dirname(this.file), `${basename(this.file, '.jsonl')}-${number}.jsonl`);
  }

  /** Of the files put aside, the oldest first. */
  #numbers(): number[] {
    const prefix = `${basename(this.file, '.jsonl')}-`;
    return readdirSync(dirname(this.file))
      .filter((name) => name.startsWith(prefix) && /^\d+\.jsonl$/.test(name.slice(prefix.length)))
      .map((name) => parseInt(name.slice(prefix.length), 10))
      .sort((one, other) => one - other);
  }
}

function endsWithLine(file: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

/** Undefined for half a line, as a crash or a full disk leaves it. */
function parse(line: string): Change | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Change);
  } catch {
    return undefined;
  }
}
