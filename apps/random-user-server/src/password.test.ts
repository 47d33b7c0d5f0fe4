import { describe, expect, it } from 'vitest';
import { nationalities } from './nationalities.ts';
import { generatePassword, parsePasswordRule } from './password.ts';

const { faker } = nationalities.US;

describe('parsePasswordRule', () => {
  it.each([
    ['upper,lower,1-16', 52, 1, 16],
    ['number,12', 10, 12, 12],
    ['special,number,64-20', 43, 20, 64],
    ['upper,upper,8-9', 26, 8, 9],
  ])('reads %s', (text, characters, minLength, maxLength) => {
    const rule = parsePasswordRule(text)!;
    expect([new Set(rule.characters).size, rule.minLength, rule.maxLength]).toEqual([
      characters,
      minLength,
      maxLength,
    ]);
    expect(rule.characters).toHaveLength(characters);
  });

  it.each(['upper', 'upper,0-65', 'upper,many', 'shoe,upper,1.5-2.5'])(
    'takes 8 to 64 where %s does not say a length that can be',
    (text) => {
      expect(parsePasswordRule(text)).toMatchObject({ minLength: 8, maxLength: 64 });
    },
  );

  it.each([undefined, '', '8-16', 'shoe,8-16', 'toString,8'])('has no rule in %j', (text) => {
    expect(parsePasswordRule(text)).toBeUndefined();
  });
});

it('generatePassword keeps to the characters and to both lengths', () => {
  faker.seed(1);
  const rule = parsePasswordRule('special,3-5')!;
  const passwords = Array.from({ length: 500 }, () => generatePassword(faker, rule));
  expect(new Set(passwords.map(({ length }) => length))).toEqual(new Set([3, 4, 5]));
  expect(new Set(passwords.join(''))).toEqual(new Set(rule.characters));
});
