import type { LetterList, RedriveSummary } from '@sluice/stream-pipeline';
import { printable } from '@sluice/telemetry';

/** Furthest from 1970 that a date can be, ms; Kafka takes any 64-bit number. */
const furthestMs = 8.64e15;

export function listAsText({ groups, skipped }: LetterList): string {
  const head = ['records', 'to send', 'parked', 'too old', 'stage', 'first', 'last', 'code'];
  const rows = groups
    .map(({ stage, code, records, ready, parked, expired, first, last }) => [
      ...[records, ready, parked, expired].map(String),
      stage,
      ...[first, last].map(instantAsText),
      code,
    ])
    .map((cells) => cells.map((cell) => printable(cell)));
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const table = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...table, `skipped: ${skippedAsText(skipped)}`, ...formerAsText(skipped), ''].join('\n');
}

/** What was left alone since it is of an earlier topic, and how it is sent. */
export function formerAsText({ 'former-topic': count = 0 }: RedriveSummary['skipped']): readonly string[] {
  if (count === 0) return [];
  return [
    `${count} dead letter(s) are of an earlier topic of this name, which was deleted, and were left alone; --former-topics sends them, by key`,
  ];
}

export function skippedAsText(skipped: RedriveSummary['skipped']): string {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return reasons.length > 0 ? reasons.join(', ') : 'none';
}

function instantAsText(ms: number): string {
  return Math.abs(ms) <= furthestMs ? new Date(ms).toISOString() : `${ms} ms`;
}
