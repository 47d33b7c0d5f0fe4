import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from './markdown-table.ts';
import { describeVerdicts, type Verdict } from './verdict.ts';

export const resultsDir = join(import.meta.dirname, '..', 'results');

/** Cells of a table by the heading of their column. */
export type TableRow = Readonly<Record<string, string | number>>;

/** What a benchmark found, as `results/<benchmark>.json` keeps it. */
export interface Report {
  readonly benchmark: string;
  /** ISO 8601. */
  readonly at: string;
  readonly machine: string;
  /** Of Node and of the services. */
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly table: readonly TableRow[];
  readonly verdicts: readonly Verdict[];
  /** Said below the table. */
  readonly notes: readonly string[];
  /** The values of each round. */
  readonly measured: unknown;
}

type Findings = Pick<Report, 'benchmark' | 'settings' | 'table' | 'verdicts' | 'measured'> &
  Partial<Pick<Report, 'versions' | 'notes'>>;

/**
 * Prints the table and the verdict, which is the last line, and writes both to `results/<benchmark>.json`. The process is to end
 * with 1 where a goal was missed.
 */
export function finish({ versions = {}, notes = [], ...findings }: Findings): void {
  const report: Report = {
    ...findings,
    notes,
    at: new Date().toISOString(),
    machine: machine(),
    versions: { node: process.versions.node, ...versions },
  };
  console.log(`${markdownTable(report.table)}\n`);
  mkdirSync(resultsDir, { recursive: true });
  writeFileSync(join(resultsDir, `${report.benchmark}.json`), `${JSON.stringify(report, null, 2)}\n`);
  for (const note of notes) console.log(note);
  console.log(describeConditions(report));
  console.log(describeVerdicts(report.benchmark, report.verdicts));
  if (report.verdicts.some(({ met }) => !met)) process.exitCode = 1;
}

/** What the figures depend on. */
export function describeConditions({ settings, machine: where, versions }: Report): string {
  const list = (values: Readonly<Record<string, string | number>>) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return `${list(settings)}; ${where}; ${list(versions)}`;
}

function machine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'CPU';
  return `${cpus().length} x ${model}, ${gigabytes} GB, ${type()} ${release()} ${arch()}`;
}
