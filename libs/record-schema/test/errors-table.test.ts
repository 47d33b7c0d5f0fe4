import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DataError, dataErrorReasons } from '../src/index.ts';

it('docs/errors.md lists every reason, with its meaning', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('## Faults of a record');
  const rows = [...section.split('\n## ')[0]!.matchAll(/^\| `([a-z0-9-]+)` +\| (.+?) +\|$/gm)];
  expect(rows.map(([, reason, meaning]) => `${reason}: ${meaning}`)).toEqual(
    dataErrorReasons.map((reason) => new DataError(reason).message),
  );
});
