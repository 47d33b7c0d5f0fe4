import { hash } from 'node:crypto';
import type { Faker } from '@faker-js/faker';
import { credentials, generateLogin } from './login.ts';
import { nationalities } from './nationalities.ts';
import type { Nationality, NationalityCode } from './nationalities.ts';
import { generatePassword } from './password.ts';
import type { PasswordRule } from './password.ts';

/** The result fields of RandomUser 1.4, in the order in which the API gives them. */
export const userFields = [
  ...(['gender', 'name', 'location', 'email', 'login', 'dob', 'registered'] as const),
  ...(['phone', 'cell', 'id', 'picture', 'nat'] as const),
] as const;

export type UserField = (typeof userFields)[number];

export interface UserPosition {
  readonly seed: string;
  /** From 1. */
  readonly page: number;
  /** From 0, within the page. */
  readonly index: number;
}

export type Gender = 'female' | 'male';

export interface UserWishes {
  /** The user's nationality is one of these. */
  readonly nats: readonly NationalityCode[];
  /** Default: either. */
  readonly gender?: Gender | undefined;
  /** Default: 6 to 12 letters and digits. */
  readonly password?: PasswordRule | undefined;
}

/** "Now" of every date and age: a seed gives the same users on any day. */
const REFERENCE_DATE = new Date('2026-01-01T00:00:00.000Z');
const FIRST_REGISTRATION = new Date('2002-01-01T00:00:00.000Z');
const YOUNGEST = 21;
const OLDEST = 80;
/** How many portraits randomuser.me has. */
const PORTRAITS = { male: 100, female: 97 };

const TIMEZONES: readonly (readonly [offset: string, description: string])[] = [
  ['-10:00', 'Hawaii'],
  ['-8:00', 'Pacific Time (US & Canada)'],
  ['-5:00', 'Eastern Time (US & Canada), Bogota, Lima'],
  ['-3:30', 'Newfoundland'],
  ['-1:00', 'Azores, Cape Verde Islands'],
  ['0:00', 'Western Europe Time, London, Lisbon, Casablanca'],
  ['+1:00', 'Brussels, Copenhagen, Madrid, Paris'],
  ['+3:30', 'Tehran'],
  ['+5:45', 'Kathmandu'],
  ['+9:30', 'Adelaide, Darwin'],
  ['+12:00', 'Auckland, Wellington, Fiji, Kamchatka'],
];

/** The user at a position: the same one for the same wishes every time, whatever was generated before. */
export function generateUser({ seed, page, index }: UserPosition, { nats, ...wishes }: UserWishes) {
  const digest = hash('sha256', JSON.stringify([seed, page, index]), 'buffer');
  const nat = nats[digest.readUInt32LE(0) % nats.length] ?? 'US';
  const nationality: Nationality = nationalities[nat];
  const { faker } = nationality;
  faker.seed(digest.readUInt32LE(4));
  // 32 bits of seed repeat within 100,000 users, so what must be unique is taken from the digest itself.
  const uuid = uuidFrom(digest.subarray(8, 24));

  // Drawn even where it is not used, so that a wish changes nothing but what it is for.
  const drawnGender = faker.helpers.arrayElement<Gender>(['female', 'male']);
  const gender = wishes.gender ?? drawnGender;
  const first = faker.person.firstName(gender);
  const last = faker.person.lastName(gender);
  const user = {
    gender,
    name: {
      title: gender === 'male' ? 'Mr' : faker.helpers.arrayElement(['Miss', 'Mrs', 'Ms']),
      first,
      last,
    },
    location: generateLocation(faker, nationality),
    email: faker.internet.email({ firstName: first, lastName: last, provider: 'example.com' }).toLowerCase(),
    login: generateLogin(faker, uuid),
    dob: dateAndAge(
      faker.date.birthdate({ mode: 'age', min: YOUNGEST, max: OLDEST, refDate: REFERENCE_DATE }),
    ),
    registered: dateAndAge(faker.date.between({ from: FIRST_REGISTRATION, to: REFERENCE_DATE })),
    phone: faker.helpers.replaceSymbols(nationality.phone),
    cell: faker.helpers.replaceSymbols(nationality.cell),
    id: generateId(faker, nationality),
    picture: pictureOf(gender, faker.number.int(PORTRAITS[gender] - 1)),
    nat,
  };
  if (!wishes.password) return user;
  // Last, since its length decides how many random numbers it takes.
  const password = generatePassword(faker, wishes.password);
  return { ...user, login: { ...user.login, ...credentials(password, user.login.salt) } };
}

function generateLocation(faker: Faker, { country, postcode = [10_000, 99_999], region }: Nationality) {
  const [offset, description] = faker.helpers.arrayElement(TIMEZONES);
  return {
    street: { number: faker.number.int({ min: 1, max: 9999 }), name: faker.location.street() },
    city: faker.location.city(),
    state: region ? region(faker) : faker.location.state(),
    country,
    postcode:
      typeof postcode === 'string'
        ? faker.helpers.replaceSymbols(postcode)
        : faker.number.int({ min: postcode[0], max: postcode[1] }),
    coordinates: {
      latitude: faker.location.latitude({ precision: 4 }).toFixed(4),
      longitude: faker.location.longitude({ precision: 4 }).toFixed(4),
    },
    timezone: { offset, description },
  };
}

function generateId(faker: Faker, { id }: Nationality): { name: string; value: string | null } {
  return id ? { name: id[0], value: faker.helpers.replaceSymbols(id[1]) } : { name: '', value: null };
}

function dateAndAge(date: Date) {
  return { date: date.toISOString(), age: fullYears(date, REFERENCE_DATE) };
}

function fullYears(from: Date, to: Date): number {
  const anniversary = new Date(from);
  anniversary.setUTCFullYear(to.getUTCFullYear());
  return to.getUTCFullYear() - from.getUTCFullYear() - (anniversary > to ? 1 : 0);
}

function pictureOf(gender: Gender, portrait: number) {
  const path = `${gender === 'male' ? 'men' : 'women'}/${portrait.toString()}.jpg`;
  const base = 'https://randomuser.me/api/portraits';
  return { large: `${base}/${path}`, medium: `${base}/med/${path}`, thumbnail: `${base}/thumb/${path}` };
}

/** Version 4, variant 1: RFC 9562, section 5.4. */
function uuidFrom(bytes: Buffer): string {
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x40;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
