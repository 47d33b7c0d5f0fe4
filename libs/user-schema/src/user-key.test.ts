import { DataError } from '@sluice/record-schema';
import { expect, it } from 'vitest';
import { parseUserKey } from './user-key.ts';

const uuid = '7a0eed16-9430-4d68-901f-c0d4c1c3bf00';

it.each([uuid, uuid.toUpperCase()])('reads the key %s in lower case', (key) => {
  expect(parseUserKey(Buffer.from(key))).toBe(uuid);
  expect(parseUserKey(new Uint8Array(Buffer.from(key)))).toBe(uuid);
});

it.each(['', 'x', uuid.slice(1), `${uuid}\n`, `g${uuid.slice(1)}`, `é${uuid.slice(2)}`, `"${uuid}"`])(
  'refuses the key %j without repeating it',
  (key) => {
    const parse = () => parseUserKey(Buffer.from(key));
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(/^bad-key: the message key is not a key of this record$/);
  },
);
