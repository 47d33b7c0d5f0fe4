import { hash } from 'node:crypto';
import type { Faker } from '@faker-js/faker';

const COLOURS = [
  'beautiful',
  'big',
  'black',
  'blue',
  'brown',
  'crazy',
  'golden',
  'goofy',
  'green',
  'happy',
  'heavy',
  'lazy',
  'orange',
  'organic',
  'purple',
  'red',
  'sad',
  'silver',
  'small',
  'tiny',
  'white',
  'yellow',
];
const ANIMALS = [
  'bear',
  'bird',
  'butterfly',
  'cat',
  'dog',
  'duck',
  'elephant',
  'fish',
  'frog',
  'goose',
  'gorilla',
  'kangaroo',
  'koala',
  'ladybug',
  'leopard',
  'lion',
  'meercat',
  'mouse',
  'ostrich',
  'panda',
  'peacock',
  'rabbit',
  'snake',
  'swan',
  'tiger',
  'wolf',
  'zebra',
];

/** The login of a user. */
export function generateLogin(faker: Faker, uuid: string) {
  const { helpers, number, string } = faker;
  const password = string.alphanumeric({ length: { min: 6, max: 12 } });
  const salt = string.alphanumeric(8);
  const username = `${helpers.arrayElement(COLOURS)}${helpers.arrayElement(ANIMALS)}${number.int({ min: 100, max: 999 }).toString()}`;
  return { uuid, username, ...credentials(password, salt) };
}

/** A password and its digests, which are those of the password followed by the salt, as the API gives them. */
export function credentials(password: string, salt: string) {
  return {
    password,
    salt,
    md5: hash('md5', password + salt),
    sha1: hash('sha1', password + salt),
    sha256: hash('sha256', password + salt),
  };
}
