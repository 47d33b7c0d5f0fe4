import { createHash } from 'node:crypto';
import type { Letter } from './letter.ts';
import type { LetterFilter } from './options.ts';

export function isMeant(
  { record, stage, code }: Letter,
  { codes, stages, since = -Infinity, until = Infinity, key, letters }: LetterFilter,
): boolean {
  if (codes && !codes.some((pattern) => matches(code, pattern))) return false;
  if (stages && !stages.includes(stage)) return false;
  if (record.timestamp < since || record.timestamp >= until) return false;
  if (key !== undefined && record.key?.toString() !== key) return false;
  return (
    !letters ||
    letters.some(({ partition, offset }) => partition === record.partition && offset === record.offset)
  );
}

/** A short name for everything that decides which letters are sent: equal for equal decisions. */
export function fingerprint(...decisions: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(decisions)).digest('hex').slice(0, 12);
}

/** The filter with its lists in order, so that it has one fingerprint however it was written. */
export function normalized({ codes, stages, since, until, key, letters }: LetterFilter): readonly unknown[] {
  const sorted = (list: readonly string[] | undefined) => (list ? [...new Set(list)].sort() : null);
  const places = sorted(letters?.map(({ partition, offset }) => `${partition}:${offset}`));
  // without places the name is the one that earlier versions gave, under which progress may be kept
  return [
    sorted(codes),
    sorted(stages),
    since ?? null,
    until ?? null,
    key ?? null,
    ...(places ? [places] : []),
  ];
}

function matches(code: string, pattern: string): boolean {
  return pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
}
