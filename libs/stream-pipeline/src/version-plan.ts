import type { ConsumedRecord } from '@sluice/kafka-client';
import type { Version } from './options.ts';

/** A version of a row, with the record it came from. */
export interface Candidate {
  readonly record: ConsumedRecord;
  /** See `Decoded`. */
  readonly identity: string;
  readonly version: Version;
  /** What the sink has made of its mutation. */
  readonly prepared: unknown;
}

/** The newest version of one row of a batch; the superseded ones stay at hand, newest first, in case it is refused. */
export interface RowPlan {
  newest: Candidate;
  superseded: Candidate[];
}

/** Sorts the versions of a batch by row. Rows keep the order in which they were first met. */
export function planVersions(candidates: readonly Candidate[]): RowPlan[] {
  const rows = new Map<string, RowPlan>();
  for (const candidate of candidates) {
    const row = rows.get(candidate.identity);
    if (row) supersede(row, candidate);
    else rows.set(candidate.identity, { newest: candidate, superseded: [] });
  }
  return [...rows.values()];
}

/** Supersedes nothing: every version is written. */
export function planEach(candidates: readonly Candidate[]): RowPlan[] {
  return candidates.map((newest) => ({ newest, superseded: [] }));
}

/** Puts the next newest version in the place of one that was refused; false where there is none. */
export function stepIn(row: RowPlan): boolean {
  const next = row.superseded.shift();
  if (!next) return false;
  row.newest = next;
  return true;
}

function supersede(row: RowPlan, candidate: Candidate): void {
  const versions = [row.newest, ...row.superseded];
  const at = versions.findIndex(({ version }) => isNewer(candidate.version, version));
  versions.splice(at === -1 ? versions.length : at, 0, candidate);
  const [newest, ...superseded] = versions;
  if (!newest) return;
  row.newest = newest;
  row.superseded = superseded;
}

function isNewer(a: Version, b: Version): boolean {
  return a.writeTimestamp === b.writeTimestamp ? a.offset > b.offset : a.writeTimestamp > b.writeTimestamp;
}
