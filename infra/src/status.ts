import type { StackStatus } from '@sluice/local-stack';

export interface ServiceRow {
  readonly service: string;
  readonly version: string;
  /** ended: it was started and has died since. */
  readonly state: 'running' | 'ended';
  readonly pid: number;
  readonly port: number;
}

export function statusRows(status: StackStatus): readonly ServiceRow[] {
  return status.services.map(({ name, version, pid, port, running }) => ({
    service: name,
    version,
    state: running ? 'running' : 'ended',
    pid,
    port,
  }));
}

/** The rows under their headings, in columns of equal width. */
export function table(rows: readonly ServiceRow[]): string {
  const headings = ['service', 'version', 'state', 'pid', 'port'] as const;
  const lines = [headings, ...rows.map((row) => headings.map((heading) => String(row[heading])))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
