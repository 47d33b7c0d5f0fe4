import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/guarantees.md', root), 'utf8');
const named = [...text.matchAll(/^- `([^`]+\.test\.ts)`: "(.+)"$/gm)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

it.each(named)('docs/guarantees.md names a test that is there: $title', ({ file, title }) => {
  expect(readFileSync(new URL(file, root), 'utf8').includes(`'${title}'`)).toBe(true);
});

it('docs/guarantees.md names a test for each promise that has one', () => {
  expect(named.length).toBeGreaterThan(25);
});
