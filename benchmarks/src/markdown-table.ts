import type { TableRow } from './report.ts';

/** A table in Markdown, aligned as Prettier aligns it: text to the left, figures to the right. */
export function markdownTable(rows: readonly TableRow[]): string {
  const headings = Object.keys(rows[0] ?? {});
  const columns = headings.map((heading) => {
    const cells = rows.map((row) => String(row[heading] ?? ''));
    const right = cells.every((cell) => /^(\d|$)/.test(cell)) && cells.some((cell) => cell !== '');
    const width = Math.max(3, heading.length, ...cells.map(({ length }) => length));
    const pad = (text: string) => (right ? text.padStart(width) : text.padEnd(width));
    const rule = right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width);
    return [pad(heading), rule, ...cells.map(pad)];
  });
  const lines = (columns[0] ?? []).map((_, line) => columns.map((column) => column[line] ?? ''));
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
