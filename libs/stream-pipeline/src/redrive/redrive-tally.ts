import type { Sorted } from './letter-sorter.ts';
import type { LetterGroup, RedriveSummary, SkipReason } from './options.ts';

/** What became of the letters so far. */
export class RedriveTally {
  read = 0;
  sent = 0;
  rejected = 0;
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  readonly #found = { ready: 0, parked: 0, expired: 0 };

  add(sorted: Sorted): void {
    this.read += 1;
    if (sorted.kind === 'other') return;
    if (sorted.kind === 'skipped') this.skip(sorted.reason);
    else this.#found[sorted.kind] += 1;
  }

  skip(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  summary(run: Pick<RedriveSummary, 'complete' | 'progressGroup'>): RedriveSummary {
    const { ready, parked, expired } = this.#found;
    const { read, sent, rejected, skipped } = this;
    return { read, selected: ready + parked + expired, sent, parked, expired, rejected, skipped, ...run };
  }
}

/** Letters by stage and code, of each record the newest. */
export class LetterGroups {
  readonly #groups = new Map<string, LetterGroup>();

  add(sorted: Sorted): void {
    if (sorted.kind === 'other' || !sorted.letter) return;
    const { kind, letter } = sorted;
    if (
      kind === 'skipped' &&
      ['duplicate', 'superseded', 'other-topic', 'former-topic'].includes(sorted.reason)
    )
      return;
    const { stage, code, record } = letter;
    const id = `${stage} ${code}`;
    const group = this.#groups.get(id) ?? {
      ...{ stage, code, records: 0, ready: 0, parked: 0, expired: 0 },
      ...{ first: Infinity, last: -Infinity },
    };
    this.#groups.set(id, {
      ...group,
      records: group.records + 1,
      ...(kind === 'skipped' ? {} : { [kind]: group[kind] + 1 }),
      first: Math.min(group.first, record.timestamp),
      last: Math.max(group.last, record.timestamp),
    });
  }

  /** The most frequent first. */
  get all(): readonly LetterGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.records - a.records);
  }
}
