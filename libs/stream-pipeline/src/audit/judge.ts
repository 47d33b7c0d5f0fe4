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
  /**
   * Up to this write timestamp, us, a row may come of a record that could not be read (`batch-too-large`, `bad-batch`); -Infinity
   * where all were read.
   */
  readonly unreadUntil: number;
  /** Rows expire. */
  readonly expires: boolean;
}

type UnverifiableReason = 'retention' | 'ttl' | 'unreadable';

export type Verdict =
  | { readonly kind: 'right'; /** Written later than its record. */ readonly ahead: boolean }
  | { readonly kind: 'damaged'; readonly damage: Exclude<DamageKind, 'unaccounted'> }
  | { readonly kind: 'unverifiable'; readonly reason: UnverifiableReason };

/** Judges a row, or its absence (null), by the newest record of its key. */
export function judge(
  newest: FoldedVersion | undefined,
  row: RowState | null,
  circumstances: Circumstances,
): Verdict {
  const { unreadUntil } = circumstances;
  if (!newest) {
    if (!row || circumstances.trimmed) return unverifiable('retention');
    return (row.newest ?? Infinity) <= unreadUntil ? unverifiable('unreadable') : damaged('orphaned');
  }
  if (isShown(newest, row)) return { kind: 'right', ahead: isAhead(newest, row) };
  const mayBeUnread = newest.writeTimestamp <= unreadUntil;
  if (!row && circumstances.expires) return unverifiable('ttl');
  // one of the records that could not be read may have deleted it
  if (!row) return mayBeUnread ? unverifiable('unreadable') : damaged('missing');
  const isLater = row.newest !== null && row.newest > newest.writeTimestamp;
  if (isLater && (row.newest ?? 0) <= circumstances.goneUntil) return unverifiable('retention');
  if (isLater && mayBeUnread && (row.newest ?? 0) <= unreadUntil) return unverifiable('unreadable');
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

function unverifiable(reason: UnverifiableReason): Verdict {
  return { kind: 'unverifiable', reason };
}
