import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { bucketsOf, fetchMetrics, parseMetrics, quantileSince, sumOf } from './app-metrics.ts';

const text = `# HELP x help
x{pipeline="a",result="written"} 5
x{pipeline="a",result="said \\"no\\""} 7
h_bucket{le="0.1"} 50
h_bucket{le="0.2"} 90
h_bucket{le="+Inf"} 100
plain 3.5 1700000000000
`;

test('reads lines with their labels', () => {
  const samples = parseMetrics(text);
  expect(sumOf(samples, 'x')).toBe(12);
  expect(sumOf(samples, 'x', { result: 'said "no"' })).toBe(7);
  expect(sumOf(samples, 'plain')).toBe(3.5);
  expect(sumOf(samples, 'y')).toBeUndefined();
});

test('a line of any length and form takes linear time', () => {
  const size = 300_000;
  const started = performance.now();
  for (const part of ['a', '{', '}', 'a="', 'a="b"', 'a="b",', '\\', 'a="\\', ' ', '} '])
    for (const begin of ['', 'x{', 'x{a="'])
      for (const end of ['', '} 1', '"} 1']) parseMetrics(begin + part.repeat(size / part.length) + end);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('a line that is no sample is left out', () => {
  for (const line of ['x', 'x{', 'x{a="b"', 'x{a="b} 1', 'x{a=b} 1', '1x 1', 'x{} y', 'x{a="b"}1'])
    expect([line, parseMetrics(`${line}\ny 1`).size]).toEqual([line, 1]);
  expect(sumOf(parseMetrics('x{ a="b" , c="{}\\n", } 1'), 'x', { c: '{}\n' })).toBe(1);
});

test('an answer without end is not read to its end', async () => {
  let sent = 0;
  const server = createServer((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x '.repeat(32_768))) sent += 65_536;
    };
    response.on('drain', more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(fetchMetrics(`http://127.0.0.1:${port}`, 20_000)).rejects.toThrow(/more than 4194304 bytes/);
  expect(sent).toBeLessThan(64 * 1024 * 1024);
  server.closeAllConnections();
  server.close();
});

test('a quantile is interpolated in its bucket, of what came since', () => {
  const now = bucketsOf(parseMetrics(text), 'h');
  const none = new Map<number, number>();
  expect(quantileSince(none, now, 0.5)).toBeCloseTo(0.1);
  expect(quantileSince(none, now, 0.7)).toBeCloseTo(0.15);
  expect(quantileSince(none, now, 0.99)).toBe(0.2);
  expect(quantileSince(now, now, 0.5)).toBeNull();
  expect(
    quantileSince(
      new Map([
        [0.1, 50],
        [0.2, 50],
        [Infinity, 50],
      ]),
      now,
      0.5,
    ),
  ).toBeCloseTo(0.1625);
});

test('the counts of an app that was started anew are its own', () => {
  const now = new Map([
    [1, 10],
    [Infinity, 10],
  ]);
  expect(
    quantileSince(
      new Map([
        [1, 500],
        [Infinity, 500],
      ]),
      now,
      0.5,
    ),
  ).toBe(0.5);
});
