import { expect, it } from 'vitest';
import { pageAt } from './page-sequence.ts';

it('goes through the pages of one seed, and on with another after the last that the API has', () => {
  expect(pageAt('run', 0)).toEqual({ seed: 'run', page: 1 });
  expect(pageAt('run', 9999)).toEqual({ seed: 'run', page: 10_000 });
  const next = pageAt('run', 10_000);
  expect(next).toEqual({ seed: expect.stringMatching(/^[\da-f]{16}$/), page: 1 });
  expect(pageAt('run', 19_999)).toEqual({ seed: next.seed, page: 10_000 });
  expect(pageAt('run', 20_000).seed).not.toBe(next.seed);
  expect(pageAt('other', 10_000).seed).not.toBe(next.seed);
});
