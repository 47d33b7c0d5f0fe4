import { readFileSync } from 'node:fs';
import { errors } from 'cassandra-driver';
import { expect, it } from 'vitest';
import { sortError } from '../src/write-errors.ts';

const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const rows = [
  ...text.matchAll(/^\| [A-Z][^|]*\((0x[0-9A-F]{4})\) +\| `([a-z-]+)` +\| (.+?) +\| (yes|no) +\|$/gm),
];

it.each(rows.map(([, hex, code, happens, apart]) => [hex, code, happens, apart]))(
  'docs/errors.md says of %s what the writer does',
  (hex, code, happens, apart) => {
    const sorted = sortError(new errors.ResponseError(Number(hex), ''));
    expect([sorted.code, sorted.split]).toEqual([code, apart === 'yes']);
    expect(happens).toMatch(
      { retry: /tried again|as above|as server error/, blocked: /^a person/, suspect: /^the table/ }[
        sorted.verdict
      ],
    );
  },
);

it('docs/errors.md has every answer of the protocol', () => {
  expect(rows).toHaveLength(18);
});
