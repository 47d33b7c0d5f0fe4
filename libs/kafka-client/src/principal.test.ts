import { expect, it } from 'vitest';
import { principalOf } from './principal.ts';

it('is the user of a password', () => {
  const sasl = { mechanism: 'scram-sha-512', username: 'writer', password: 'secret' } as const;
  expect(principalOf({ sasl })).toBe('User:writer');
});

it('is not known where a token says it', () => {
  const sasl = { mechanism: 'oauthbearer', token: () => Promise.resolve('token') } as const;
  expect(principalOf({ sasl, ssl: true })).toBe("User:<the token's subject>");
});

it('is nobody without either', () => {
  expect(principalOf({})).toBe('User:ANONYMOUS');
  expect(principalOf({ ssl: true })).toBe('User:ANONYMOUS');
});
