import { expect, it } from 'vitest';
import { lastHeader } from './record.ts';

const headers = [
  ['a', Buffer.from('1')],
  ['a', Buffer.from('2')],
  ['b', null],
] as const;

it('the last header of a name counts', () => {
  expect(lastHeader(headers, 'a')?.toString()).toBe('2');
});

it('a null header is not an absent one', () => {
  expect(lastHeader(headers, 'b')).toBeNull();
  expect(lastHeader(headers, 'c')).toBeUndefined();
});
