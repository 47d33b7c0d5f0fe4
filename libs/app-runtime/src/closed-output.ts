/** What writing fails with once the reader of a pipe has closed it. */
const readerIsGone = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/**
 * Lets a program run on where the reader of its output has gone, as in `audit --json | head -c 1`: the rest of the output is
 * dropped, and the exit code is that of the work. Without it Node ends the process with a stack and code 1, which reads as damage.
 */
export function outliveReaders(
  streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) {
    if (!stream.listeners('error').includes(unlessReaderIsGone)) stream.on('error', unlessReaderIsGone);
  }
}

function unlessReaderIsGone(error: NodeJS.ErrnoException): void {
  if (!readerIsGone.has(error.code ?? '')) throw error;
}
