import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it.each([
  ['plain text, äöü, 名前 and 👍', 'plain text, äöü, 名前 and 👍'],
  ['\u001b[2Jgone\u0007', '\\x1b[2Jgone\\x07'],
  ['\u009b31m red', '\\x9b31m red'],
  ['two\r\nlines\t', 'two\\x0d\\x0alines\\x09'],
  ['\u202egnp.exe\u2066\u2028', '\\u202egnp.exe\\u2066\\u2028'],
])('%j is shown, and obeyed by no terminal', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('keeps the lines of a text that has several', () => {
  expect(printable('a\n\tb\r\u001bc', { lines: true })).toBe('a\n\tb\\x0d\\x1bc');
});
