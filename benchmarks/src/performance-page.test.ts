import { describe, expect, it } from 'vitest';
import { withTables, writerChart } from './performance-page.ts';
import type { Report } from './report.ts';
import { atLeast, atMost, describeVerdicts } from './verdict.ts';

const report: Report = {
  benchmark: 'writer',
  at: '2026-11-22T18:00:00.000Z',
  machine: '2 x CPU',
  versions: { node: '24.0.0' },
  settings: { records: 100 },
  table: [
    {
      thresholds: 'default',
      client: 'driver alone',
      'rows/s': '20000 (19000-21000)',
      'client CPU us/row': '11.0 (10.0-12.0)',
    },
    {
      thresholds: 'default',
      client: 'writer <JSON>',
      'rows/s': '9000 (8000-9500)',
      'client CPU us/row': '24.0 (23.0-25.0)',
    },
  ],
  verdicts: [
    atLeast('of the ceiling', { value: 45, goal: 85, unit: '%', digits: 0 }),
    atMost('CPU', { value: 13, goal: 14, unit: ' us' }),
  ],
  notes: ['A note.'],
  measured: {},
};

describe('withTables', () => {
  const page = 'before\n<!-- benchmark:writer -->\nold $1\n<!-- /benchmark:writer -->\nafter\n';

  it('puts table, notes, goals and conditions between the markers, again and again the same', () => {
    const once = withTables(page, [report]);
    expect(once).toMatch(
      /^before\n<!-- benchmark:writer -->\n\n!\[.*\]\(performance.svg\)\n\n\| thresholds \| client /,
    );
    expect(once).toContain('| default    | driver alone  | 20000 (19000-21000) |');
    expect(once).toContain('- MISSED of the ceiling 45% (goal: at least 85%)\n- CPU 13.00 us');
    expect(once).toContain('Measured on 2026-11-22: records 100; 2 x CPU; node 24.0.0.');
    expect(once).not.toContain('old $1');
    expect(once).toMatch(/<!-- \/benchmark:writer -->\nafter\n$/);
    expect(withTables(once, [report])).toBe(once);
  });

  it('leaves what it has no report of, and refuses a page without the markers', () => {
    expect(withTables(page, [])).toBe(page);
    expect(() => withTables(page, [{ ...report, benchmark: 'idle' }])).toThrow(
      'no markers for the benchmark idle',
    );
  });
});

it('draws bars as long as the figures are high', () => {
  const svg = writerChart(report);
  const lengths = [...svg.matchAll(/<rect x="220" y="\d+" width="([\d.]+)"/g)].map(([, length]) =>
    Number(length),
  );
  expect(lengths).toHaveLength(4);
  expect((lengths[1] ?? 0) / (lengths[0] ?? 1)).toBeCloseTo(0.45, 2);
  expect(svg).toContain('writer &lt;JSON>');
  expect(svg).toContain('9000 rows/s');
});

it('names the goals that were missed in one line', () => {
  expect(describeVerdicts('writer', report.verdicts)).toBe(
    'writer: 1 of 2 goals missed: MISSED of the ceiling 45% (goal: at least 85%); CPU 13.00 us (goal: at most 14 us)',
  );
});
