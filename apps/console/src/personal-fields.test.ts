import { userRowSchema } from '@sluice/user-schema';
import { expect, test } from 'vitest';
import { isPersonal, mask, masked } from './personal-fields.ts';
import { formatJson, parseJson } from './raw-json.ts';

test('masks personal fields at any depth, and nothing else', () => {
  const record = {
    uuid: 'u',
    email: 'a@b',
    age: 7,
    inner: [{ phone: 1, nationality: 'CH' }],
    password: null,
  };
  expect(masked(record)).toEqual({
    uuid: 'u',
    email: mask,
    age: 7,
    inner: [{ phone: mask, nationality: 'CH' }],
    password: null,
  });
});

test("masks what is below a personal field of the source's answers, but the uuid", () => {
  const answer = {
    login: { uuid: 'u', salt: 's' },
    location: { street: { name: 'x', number: 5 } },
    nat: 'CH',
  };
  expect(masked(answer)).toEqual({
    login: { uuid: 'u', salt: mask },
    location: { street: { name: mask, number: mask } },
    nat: 'CH',
  });
});

test('masks numbers that were read in their digits', () => {
  const text = formatJson(
    masked(parseJson('{"latitude": 12.345678901234567890, "age": 12345678901234567890}')),
  );
  expect(text).toBe(`{\n  "latitude": "${mask}",\n  "age": 12345678901234567890\n}`);
});

test('every field of a user that may say who it is, is personal', () => {
  const open = userRowSchema.fields.map(({ name }) => name).filter((name) => !isPersonal(name));
  expect(open.sort()).toEqual(
    [
      ...['age', 'age_group', 'country', 'email_domain', 'event_time', 'gender', 'nationality'],
      ...['registered_date', 'source_offset', 'source_partition', 'state', 'uuid'],
    ].sort(),
  );
});
