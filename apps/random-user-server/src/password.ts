import type { Faker } from '@faker-js/faker';

/** Which passwords are wanted: https://randomuser.me/documentation#passwords */
export interface PasswordRule {
  /** Every character that a password may have. */
  readonly characters: string;
  readonly minLength: number;
  readonly maxLength: number;
}

const charsets = {
  special: ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  number: '0123456789',
} as const;

const MIN_LENGTH = 8;
const MAX_LENGTH = 64;

/**
 * Reads `CHARSETS,MIN-MAX` or `CHARSETS,LENGTH`, as in `upper,lower,8-16`. As the API does, it refuses nothing: a
 * length out of 1 to 64 or absent counts as 8 (the shortest) or 64 (the longest), unknown charsets are left out,
 * and undefined (a word of the server's own) comes of a rule without any.
 */
export function parsePasswordRule(text = ''): PasswordRule | undefined {
  const parts = text.split(',');
  const names = new Set(parts.filter((part) => Object.hasOwn(charsets, part)));
  if (names.size === 0) return undefined;
  const lengths = (parts.at(-1) ?? '').split('-').map(Number);
  const minLength = lengthOr(MIN_LENGTH, Math.min(...lengths));
  const maxLength = lengthOr(MAX_LENGTH, Math.max(...lengths));
  return {
    characters: [...names].map((name) => charsets[name as keyof typeof charsets]).join(''),
    minLength,
    maxLength: maxLength < minLength ? MAX_LENGTH : maxLength,
  };
}

export function generatePassword(faker: Faker, { characters, minLength, maxLength }: PasswordRule): string {
  return faker.string.fromCharacters(characters, { min: minLength, max: maxLength });
}

function lengthOr(otherwise: number, length: number): number {
  return Number.isInteger(length) && length >= 1 && length <= MAX_LENGTH ? length : otherwise;
}
