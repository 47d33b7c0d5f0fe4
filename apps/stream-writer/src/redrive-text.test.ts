import { expect, it } from 'vitest';
import { listAsText } from './redrive-text.ts';

it('lists dead letters of any date, and sends no terminal what their headers hold', () => {
  const group = { records: 1, ready: 1, parked: 0, expired: 0 };
  const text = listAsText({
    groups: [
      { ...group, stage: 'decode', code: '\u001b[2J\nbad', first: -9e15, last: 2 ** 63 },
      { ...group, stage: '\u009bx', code: 'bad-json', first: -8.64e15, last: 1_700_000_000_000 },
    ],
    skipped: {},
  });
  const [head, first, second, ...rest] = text.split('\n');
  expect(head).toMatch(/^records/);
  expect(first).toMatch(/decode +-9000000000000000 ms +9223372036854776000 ms +\\x1b\[2J\\x0abad$/);
  expect(second).toMatch(/\\x9bx +-271821-04-20T00:00:00.000Z +2023-11-14T22:13:20.000Z +bad-json$/);
  expect(rest).toEqual(['skipped: none', '']);
});
