import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

interface Line {
  readonly text: string;
  /** Where it begins, bytes. */
  readonly start: number;
}

const chunkBytes = 64 * 1024;
/** Of a longer line its end alone is kept: it is none that was written here. */
const maxLineBytes = 1024 * 1024;
const lineFeed = 0x0a;

/** Lines of a file before a place in it, by default its end, the last first; none where there is no such file. */
export function* linesBefore(path: string, end?: number): Generator<Line> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    let position = Math.min(end ?? Infinity, fstatSync(file).size);
    let rest: Buffer = Buffer.alloc(0);
    while (position > 0) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, position));
      position -= chunk.length;
      readSync(file, chunk, 0, chunk.length, position);
      rest = Buffer.concat([chunk, rest]);
      for (let at = rest.lastIndexOf(lineFeed); at >= 0; at = rest.lastIndexOf(lineFeed)) {
        yield { text: rest.toString('utf8', at + 1), start: position + at + 1 };
        rest = rest.subarray(0, at);
      }
      if (rest.length > maxLineBytes) rest = rest.subarray(-chunkBytes);
    }
    yield { text: rest.toString('utf8'), start: 0 };
  } finally {
    closeSync(file);
  }
}
