import type { DamageKind } from './options.ts';
import type { FoldedVersion } from './version-table.ts';

/** What a table has of a row. */
export interface RowState {
  readonly digest: bigint;
  /** Of the cells that have a value, us; null where none has. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

export interface Circumstances {
  /** Keys may have had records that are no longer in the topic. */
  readonly trimmed: boolean;
  /**
   * Up to this write timestamp, us, a row may come of a record that is no longer in the topic; -Infinity where all records are
   * there. It matters where records of one key were sent out of their order.
   */
  readonly goneUntil: number;
  /** Rows expire. */
  readonly expires: boolean;
}

export type Verdict =
  | { readonly kind: 'right'; /** Written later than its record. */ readonly ahead: boolean }
  | { readonly kind: 'damaged'; readonly damage: Exclude<DamageKind, 'unaccounted'> }
  | { readonly kind: 'unverifiable'; readonly reason: 'retention' | 'ttl' };

/** Judges a row, or its absence (null), by the newest record of its key. */
export function judge(
  newest: FoldedVersion | undefined,
  row: RowState | null,
  circumstances: Circumstances,
): Verdict {
  if (!newest) return row && !circumstances.trimmed ? damaged('orphaned') : unverifiable('retention');
  if (isShown(newest, row)) return { kind: 'right', ahead: isAhead(newest, row) };
  if (!row) return circumstances.expires ? unverifiable('ttl') : damaged('missing');
  const isLater = row.newest !== null && row.newest > newest.writeTimestamp;
  if (isLater && (row.newest ?? 0) <= circumstances.goneUntil) return unverifiable('retention');
  if (newest.kind === 'delete') return damaged('undeleted');
  // Without a single value the row does not tell how old it is.
  if (row.newest === null || isLater) return damaged('altered');
  const hasItsTime = row.newest === newest.writeTimestamp;
  return damaged(hasItsTime && row.digest !== newest.digest ? 'altered' : 'stale');
}

/** Whether a row, or its absence, is what a version leaves: the values, none of them written before it. */
export function isShown(version: FoldedVersion, row: RowState | null): boolean {
  if (version.kind === 'delete') return row === null;
  if (!row || row.digest !== version.digest) return false;
  return row.oldest === null || row.oldest >= version.writeTimestamp;
}

export function isAhead({ writeTimestamp }: FoldedVersion, row: RowState | null): boolean {
  return row?.newest != null && row.newest > writeTimestamp;
}

function damaged(damage: Exclude<DamageKind, 'unaccounted'>): Verdict {
  return { kind: 'damaged', damage };
}

function unverifiable(reason: 'retention' | 'ttl'): Verdict {
  return { kind: 'unverifiable', reason };
}
