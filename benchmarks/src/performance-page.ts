import { type BarGroup, barChart } from './bar-chart.ts';
import { markdownTable } from './markdown-table.ts';
import { describeConditions, type Report } from './report.ts';
import { describeVerdict } from './verdict.ts';

/**
 * Puts the tables of reports between the markers `<!-- benchmark:NAME -->` and `<!-- /benchmark:NAME -->` of a page. What is between the
 * markers of a benchmark without a report stays.
 *
 * @throws Error for a report whose markers the page does not have
 */
export function withTables(page: string, reports: readonly Report[]): string {
  return reports.reduce((text, report) => {
    const { benchmark } = report;
    const markers = new RegExp(`(<!-- benchmark:${benchmark} -->\n)[^]*?(<!-- /benchmark:${benchmark} -->)`);
    if (!markers.test(text)) throw new Error(`the page has no markers for the benchmark ${benchmark}`);
    return text.replace(markers, (_, begin: string, end: string) => `${begin}\n${section(report)}\n\n${end}`);
  }, page);
}

/** The image of {@link writerChart}, beside the page. */
const chart = '![Rates and CPU of the writer beside the driver alone](performance.svg)';

function section(report: Report): string {
  const day = report.at.slice(0, 10);
  return [
    ...(report.benchmark === 'writer' ? [chart] : []),
    markdownTable(report.table),
    ...report.notes,
    ...(report.verdicts.length > 0
      ? [report.verdicts.map((each) => `- ${describeVerdict(each)}`).join('\n')]
      : []),
    `Measured on ${day}: ${describeConditions(report)}.`,
  ].join('\n\n');
}

/** Rates and CPU of the writer beside the driver alone. */
export function writerChart({ table }: Report): string {
  const thresholds = [...new Set(table.map((row) => String(row.thresholds)))];
  const groups = thresholds.flatMap((each): BarGroup[] => {
    const rows = table.filter((row) => row.thresholds === each);
    const bars = (column: string, unit: string) =>
      rows.map((row) => {
        const figure = String(row[column]).split(' ')[0] ?? '';
        return { label: String(row.client), value: Number(figure), text: `${figure} ${unit}` };
      });
    return [
      { title: `Rate, ${each} batch thresholds of the server`, bars: bars('rows/s', 'rows/s') },
      { title: `CPU of the client, ${each} thresholds`, bars: bars('client CPU us/row', 'us/row') },
    ];
  });
  return barChart('From Kafka into Cassandra: the stream-writer beside the driver alone', groups);
}
