import { describe, expect, it } from 'vitest';
import { parseMetrics, quantileOf, readMetrics, total } from './metrics.ts';

const metrics = parseMetrics(`# HELP records Records
# TYPE records counter
records{pipeline="a b",result="written"} 12
records{pipeline="a b",result="filtered"} 3
records_created 99
up 1
nothing NaN

seconds_bucket{le="0.1"} 5
seconds_bucket{le="0.2"} 9
seconds_bucket{le="+Inf"} 10
seconds_sum 1.25
seconds_count 10
`);

describe('parseMetrics', () => {
  it('reads samples with and without labels, values with points, and no comments', () => {
    expect(metrics.get('records{pipeline="a b",result="written"}')).toBe(12);
    expect(metrics.get('up')).toBe(1);
    expect(metrics.get('seconds_sum')).toBe(1.25);
    expect([...metrics.keys()].some((name) => name.startsWith('#'))).toBe(false);
  });
});

describe('total', () => {
  it('sums over labels, of that name alone', () => {
    expect(total(metrics, 'records')).toBe(15);
    expect(total(metrics, 'records', 'result="filtered"')).toBe(3);
    expect(total(metrics, 'seconds')).toBe(0);
    expect(total(undefined, 'records')).toBe(0);
  });
});

describe('quantileOf', () => {
  it.each([
    [0.5, 0.1],
    [0.51, 0.2],
    [0.9, 0.2],
    [0.99, Infinity],
  ])('%d lies in the bucket up to %d s', (q, bound) => {
    expect(quantileOf(metrics, 'seconds', q)).toBe(bound);
  });

  it('is not known of an empty histogram, or without metrics', () => {
    expect(quantileOf(parseMetrics('seconds_bucket{le="+Inf"} 0\n'), 'seconds', 0.5)).toBeUndefined();
    expect(quantileOf(undefined, 'seconds', 0.5)).toBeUndefined();
  });
});

describe('readMetrics', () => {
  it('is undefined where nothing answers', async () => {
    expect(await readMetrics(1)).toBeUndefined();
  });
});
