import { describe, expect, it } from 'vitest';
import { parseMetrics } from './metrics.ts';
import { StatusLine } from './status-line.ts';

function line({ isTTY = false } = {}) {
  const written: string[] = [];
  return { written, status: new StatusLine({ isTTY, write: (text) => written.push(text) }) };
}

const published = { fetched: 1_200, produced: 1_100 };
const writer = (records: number, held = 0) =>
  parseMetrics(`sluice_records_total{pipeline="p",result="written"} ${records}
sluice_records_total{pipeline="p",result="dead_lettered"} 3
sluice_lag_records{partition="0"} 40
sluice_lag_records{partition="1"} 2
sluice_lag_seconds{partition="0"} 2.4
sluice_lag_seconds{partition="1"} 0.1
sluice_transaction_held_offsets{partition="0"} 0
sluice_transaction_held_offsets{partition="1"} ${held}
sluice_end_to_end_seconds_bucket{le="0.05"} 90
sluice_end_to_end_seconds_bucket{le="0.1"} 100
sluice_end_to_end_seconds_bucket{le="+Inf"} 100
`);

describe('StatusLine', () => {
  it('says what flows, with the rate since the line before', () => {
    const { written, status } = line({ isTTY: true });
    status.show(published, writer(800), 1_000);
    status.show(published, writer(1_000), 1_500);
    expect(written.at(-1)).toBe(
      '\r\u001b[2Kfetched 1200  produced 1100  written 1000  dead-lettered 3  lag 42 (3 s)  400 rows/s  end to end p50/p99 50/100 ms',
    );
  });

  it('has zeros, no lag and no latency while the writer does not answer', () => {
    const { written, status } = line();
    status.show({ fetched: 0, produced: 0 }, undefined, 0);
    expect(written).toEqual([
      'fetched 0  produced 0  written 0  dead-lettered 0  lag -  0 rows/s  end to end p50/p99 -/- ms\n',
    ]);
  });

  it('says what open transactions hold back, and no age that is not known', () => {
    const { written, status } = line();
    status.show(published, writer(1_000, 4), 0);
    status.show(published, parseMetrics('sluice_lag_records{partition="0"} 9\n'), 5_000);
    expect(written[0]).toContain('  lag 42 (3 s)  held 4  ');
    expect(written[1]).toContain('  lag 9 (- s)  ');
  });

  it('rewrites one line on a terminal, and ends it', () => {
    const { written, status } = line({ isTTY: true });
    for (const now of [0, 500, 1_000]) status.show(published, undefined, now);
    status.end();
    expect(written.map((text) => text[0])).toEqual(['\r', '\r', '\r', '\n']);
  });

  it('says a line every 5 s elsewhere, and the last one at the end', () => {
    const { written, status } = line();
    for (const now of [0, 4_999, 5_000, 6_000]) status.show({ fetched: now, produced: 0 }, undefined, now);
    const fetched = () => written.map((text) => text.split('  ', 1)[0]);
    expect(fetched()).toEqual(['fetched 0', 'fetched 5000']);
    status.end();
    expect(fetched()).toEqual(['fetched 0', 'fetched 5000', 'fetched 6000']);
  });

  it('says nothing twice at the end', () => {
    const { written, status } = line();
    status.show(published, undefined, 0);
    status.end();
    expect(written).toHaveLength(1);
  });
});
