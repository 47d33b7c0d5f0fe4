export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Beside the bar. */
  readonly text: string;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const labelWidth = 220;
const textWidth = 130;
const barHeight = 20;
const rowHeight = 28;
const titleHeight = 40;
const colours = ['#64748b', '#2563eb', '#0d9488', '#9333ea'];

/** Groups of horizontal bars as an SVG image; in each group the longest bar has the highest value. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [];
  let y = 44;
  for (const group of groups) {
    parts.push(text(20, y + 16, group.title, 'font-weight="600" font-size="14"'));
    y += titleHeight - 8;
    const highest = Math.max(...group.bars.map(({ value }) => value));
    for (const [index, bar] of group.bars.entries()) {
      const length = Math.max(1, ((width - labelWidth - textWidth) * bar.value) / highest);
      parts.push(
        text(labelWidth - 8, y + 15, bar.label, 'text-anchor="end"'),
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" fill="${colours[index % colours.length] ?? ''}"/>`,
        text(labelWidth + Number(length.toFixed(1)) + 8, y + 15, bar.text, ''),
      );
      y += rowHeight;
    }
    y += 12;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="13" fill="#0f172a">`;
  const ground = `<rect width="${width}" height="${y}" fill="#ffffff"/>`;
  const heading = text(20, 30, title, 'font-weight="600" font-size="16"');
  return `${[head, ground, heading, ...parts, '</svg>'].join('\n')}\n`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}"${attributes ? ` ${attributes}` : ''}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
