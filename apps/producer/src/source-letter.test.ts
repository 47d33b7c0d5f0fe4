import { describe, expect, it } from 'vitest';
import { sourceLetter } from './source-letter.ts';

const error = { code: 'email:wrong-type', message: 'the field email has a type that it cannot take' };
const uuid = '0c7b59b8-2bd4-4b4b-9a6f-0c1d2e3f4a5b';
const user = {
  email: 7,
  login: { uuid, username: 'me', password: 'sesame', salt: 'SaLt', md5: 'm', sha1: 's1', sha256: 's256' },
};

type Policy = 'drop' | 'sha256' | 'plaintext';
const letterOf = (what: unknown, passwordPolicy: Policy = 'drop') =>
  sourceLetter(what, error, { topic: 'users', passwordPolicy, number: 1_700_000_000_000_123 });
const valueOf = (what: unknown, policy?: Policy): unknown =>
  JSON.parse(letterOf(what, policy).record.value!.toString());

describe('the letter of a user that did not get into the topic', () => {
  it('says where it was to go, why it did not, and that it has no place in a partition', () => {
    expect(letterOf(user)).toMatchObject({
      stage: 'source',
      error,
      record: {
        topic: 'users',
        partition: -1,
        offset: 1_700_000_000_000_123,
        timestamp: 1_700_000_000_000,
        headers: [],
      },
    });
  });

  it.each([
    [user, uuid],
    [{ login: { uuid: uuid.toUpperCase() } }, uuid],
    [{ login: { uuid: 'nobody' } }, undefined],
    [{ login: 'text' }, undefined],
    [null, undefined],
  ])('has the key of the message, where there is one: %j', (what, key) => {
    expect(letterOf(what).record.key?.toString()).toBe(key);
  });

  it.each<[Policy, object]>([
    ['drop', {}],
    ['sha256', { salt: 'SaLt', sha256: 's256' }],
    ['plaintext', { password: 'sesame' }],
  ])('has no more of the password than a message with the policy %s', (policy, kept) => {
    expect(valueOf(user, policy)).toEqual({ email: 7, login: { uuid, username: 'me', ...kept } });
  });

  it.each([
    ['sesame'],
    [{ login: 'sesame' }],
    [{ login: [{ password: 'sesame' }] }],
    [{ deep: [{ PassWord: 'sesame', LOGIN: 'sesame' }] }],
    [[{ login: { password: { a: 'sesame' } } }]],
    [[[{ salt: 'sesame', md5: ['sesame'] }]]],
  ])('has no password in whatever shape the user has: %j', (what) => {
    expect(JSON.stringify(valueOf(what))).not.toContain('sesame');
  });

  it('of a hash or salt that is no text keeps nothing of it', () => {
    expect(valueOf({ login: { salt: { password: 'sesame' }, sha256: 'x' } }, 'sha256')).toEqual({
      login: { sha256: 'x' },
    });
  });

  it('is there for a user nested beyond measure', () => {
    const nested: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(valueOf({ nested })).toBeNull();
  });
});
