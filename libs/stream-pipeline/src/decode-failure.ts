import { RecordRefusal } from './errors.ts';

/**
 * The refusal of a record whose decoding has thrown something else than one. A value may be more than the runtime can hold
 * (a text above 512 MiB, a nesting that overflows the stack), and a decoder may have a bug that few values meet: neither may stop
 * the records after it. A bug that many meet is a flood of dead letters, which pauses the pipeline before it has emptied the topic.
 */
export function asRefusal(error: unknown): RecordRefusal {
  if (error instanceof RecordRefusal) return error;
  return new RecordRefusal('decode', 'decode-failed', `the decoder threw ${nameOf(error)}`, error);
}

/** Where in the program it was thrown, for the log; without the message, which may quote the record. */
export function placeOf(error: unknown): string {
  const { stack = '' } = error instanceof Error ? error : {};
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .map((line) => line.trim())
    .join(', ');
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} (${error.code})` : error.name;
}
