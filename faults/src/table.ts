import type { RunResult } from './run-scenario.ts';

const headings = [
  'scenario',
  'runs',
  'acknowledged',
  'in table',
  'in dead letters',
  'lost',
  'wrong',
  'duplicate letters',
  'recovery s',
  '',
];

/** A line for each scenario: sums over its runs, and the longest recovery. */
export function table(results: readonly RunResult[]): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))].sort();
  const lines = scenarios.map((letter) => {
    const runs = results.filter(({ scenario }) => scenario === letter);
    const sum = (of: (run: RunResult) => number) => String(runs.reduce((total, run) => total + of(run), 0));
    const recoveries = runs.flatMap(({ recoverySeconds }) => recoverySeconds ?? []);
    return [
      `${letter}  ${runs.at(-1)?.name ?? ''}`,
      String(runs.length),
      sum(({ acknowledged }) => acknowledged),
      sum(({ inTable }) => inTable),
      sum(({ inLetters }) => inLetters),
      sum(({ lost }) => lost),
      sum(({ wrong }) => wrong),
      sum(({ duplicateLetters }) => duplicateLetters),
      recoveries.length === 0 ? '-' : Math.max(...recoveries).toFixed(1),
      runs.every(({ problems }) => problems.length === 0) ? 'ok' : 'FAILED',
    ];
  });
  const rows = [headings, ...lines];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => aligned(row, widths)).join('\n');
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) =>
      column === 0 || column === row.length - 1
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0),
    )
    .join('  ')
    .trimEnd();
}
