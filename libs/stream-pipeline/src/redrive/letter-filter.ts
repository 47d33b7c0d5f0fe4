import { createHash } from 'node:crypto';
import type { Letter } from './letter.ts';
import type { LetterFilter } from './options.ts';

export function isMeant(
  { record, stage, code }: Letter,
  { codes, stages, since = -Infinity, until = Infinity, key }: LetterFilter,
): boolean {
  if (codes && !codes.some((pattern) => matches(code, pattern))) return false;
  if (stages && !stages.includes(stage)) return false;
  if (record.timestamp < since || record.timestamp >= until) return false;
  return key === undefined || record.key?.toString() === key;
}

/** A short name for everything that decides which letters are sent: equal for equal decisions. */
export function fingerprint(...decisions: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(decisions)).digest('hex').slice(0, 12);
}

/** The filter with its lists in order, so that it has one fingerprint however it was written. */
export function normalized({ codes, stages, since, until, key }: LetterFilter): readonly unknown[] {
  const sorted = (list: readonly string[] | undefined) => (list ? [...new Set(list)].sort() : null);
  return [sorted(codes), sorted(stages), since ?? null, until ?? null, key ?? null];
}

function matches(code: string, pattern: string): boolean {
  return pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
}
