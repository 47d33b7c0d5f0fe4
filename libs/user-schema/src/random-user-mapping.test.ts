import { DataError } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import { mapRandomUser } from './random-user-mapping.ts';
import { userRecordSchema } from './schemas.ts';

/** A result as the API gives it. */
function result() {
  return {
    gender: 'female',
    name: { title: 'Miss', first: 'Alisa', last: 'Savela' },
    location: {
      street: { number: 8861, name: 'Fredrikinkatu' },
      city: 'Ilmajoki',
      state: 'Southern Ostrobothnia',
      country: 'Finland',
      postcode: 91335,
      coordinates: { latitude: '-69.8246', longitude: '134.8719' },
      timezone: { offset: '+9:30', description: 'Adelaide, Darwin' },
    },
    email: 'alisa.savela@example.com',
    login: {
      uuid: '7a0eed16-9430-4d68-901f-c0d4c1c3bf00',
      username: 'lazygorilla217',
      password: 'hunter',
      salt: 'mSTO5Gkb',
      md5: '0'.repeat(32),
      sha1: '1'.repeat(40),
      sha256: '2'.repeat(64),
    },
    dob: { date: '1972-12-29T18:31:00.123Z', age: 50 },
    registered: { date: '2016-03-05T12:05:38.456Z', age: 6 },
    phone: '05-862-384',
    cell: '046-334-62-18',
    id: { name: 'HETU', value: 'NaNNA152undefined' },
    picture: { large: 'https://example.com/large.jpg', medium: 'm', thumbnail: 't' },
    nat: 'FI',
  };
}

/** The result with a change made to it, at a path such as `location.city`; undefined takes the part out. */
function changed(path: string, value: unknown): object {
  const copy = structuredClone(result()) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce((part, name) => part[name] as Record<string, unknown>, copy);
  parent[last] = value;
  return copy;
}

const drop = { passwordPolicy: 'drop' } as const;

describe('mapRandomUser', () => {
  it('takes the 21 fields from a result', () => {
    expect(mapRandomUser(result(), drop)).toMatchObject({
      first_name: 'Alisa',
      last_name: 'Savela',
      gender: 'female',
      street: '8861 Fredrikinkatu',
      city: 'Ilmajoki',
      state: 'Southern Ostrobothnia',
      country: 'Finland',
      postcode: '91335',
      latitude: -69.8246,
      longitude: 134.8719,
      email: 'alisa.savela@example.com',
      uuid: '7a0eed16-9430-4d68-901f-c0d4c1c3bf00',
      username: 'lazygorilla217',
      password: null,
      birthdate: Date.UTC(1972, 11, 29, 18, 31, 0, 123),
      age: 50,
      registered_date: Date.UTC(2016, 2, 5, 12, 5, 38, 456),
      phone: '05-862-384',
      cell: '046-334-62-18',
      picture: 'https://example.com/large.jpg',
      nationality: 'FI',
    });
  });

  it('needs the uuid alone', () => {
    const { uuid } = result().login;
    const record = mapRandomUser({ login: { uuid: uuid.toUpperCase() } }, { passwordPolicy: 'sha256' });
    expect(Object.keys(record)).toStrictEqual(userRecordSchema.fields.map((field) => field.name));
    expect(Object.entries(record).filter(([, value]) => value !== null)).toStrictEqual([['uuid', uuid]]);
  });

  it.each([
    ['drop', null],
    ['sha256', `sha256:mSTO5Gkb:${'2'.repeat(64)}`],
    ['plaintext', 'hunter'],
  ] as const)('obeys the password policy %s', (passwordPolicy, password) => {
    expect(mapRandomUser(result(), { passwordPolicy }).password).toBe(password);
  });

  it('never sends a plain password for want of a digest', () => {
    expect(mapRandomUser(changed('login.sha256', null), { passwordPolicy: 'sha256' }).password).toBeNull();
  });

  it.each([
    ['location.street.number', null, { street: 'Fredrikinkatu' }],
    ['location.street.name', undefined, { street: '8861' }],
    ['location.street', {}, { street: null }],
    ['location.street', null, { street: null }],
    ['location.street', '8861 Fredrikinkatu', { street: '8861 Fredrikinkatu' }],
    ['location', undefined, { street: null, city: null, latitude: null }],
    ['picture', null, { picture: null }],
    ['dob.age', '50', { age: 50 }],
    ['location.coordinates.latitude', 12.5, { latitude: 12.5 }],
  ])('reads %s: %j', (path, value, expected) => {
    expect(mapRandomUser(changed(path, value), drop)).toMatchObject(expected);
  });

  it.each([
    ['login.uuid', undefined, 'uuid:missing'],
    ['login.uuid', null, 'uuid:null'],
    ['login.uuid', 'x', 'uuid:bad-uuid'],
    ['login', undefined, 'uuid:missing'],
    ['login', 'x', 'uuid:wrong-type'],
    ['name', ['Alisa'], 'first_name:wrong-type'],
    ['name.first', { a: 1 }, 'first_name:wrong-type'],
    ['name.first', true, 'first_name:wrong-type'],
    ['name.first', 'a\ud800', 'first_name:lone-surrogate'],
    ['location.street.number', [1], 'street:wrong-type'],
    ['location.street.number', true, 'street:wrong-type'],
    ['location.street.number', NaN, 'street:non-finite'],
    ['location.street', [1], 'street:wrong-type'],
    ['location.city', 1n, 'city:wrong-type'],
    ['location.city', Symbol('x'), 'city:wrong-type'],
    ['location.city', () => 'x', 'city:wrong-type'],
    ['location.coordinates.latitude', '90.5', 'latitude:out-of-range'],
    ['location.coordinates.longitude', 'east', 'longitude:not-a-number'],
    ['location.coordinates.longitude', Infinity, 'longitude:non-finite'],
    ['dob.age', 50.5, 'age:not-an-integer'],
    ['dob.age', 151, 'age:out-of-range'],
    ['dob.date', '1972-12-29T18:31:00', 'birthdate:no-time-zone'],
    ['registered.date', 'last year', 'registered_date:bad-timestamp'],
  ])('refuses %s: %o as %s', (path, value, code) => {
    const map = () => mapRandomUser(changed(path, value), drop);
    expect(map).toThrow(DataError);
    expect(map).toThrow(expect.objectContaining({ code }));
  });

  it.each([null, undefined, 'user', 7, [result()]])('refuses %j, which is no result', (value) => {
    expect(() => mapRandomUser(value, drop)).toThrow(expect.objectContaining({ code: 'not-an-object' }));
  });

  it('refuses a value nested too deeply to be written', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    expect(() => mapRandomUser({ ...result(), phone: deep }, drop)).toThrow(
      expect.objectContaining({ code: 'phone:wrong-type' }),
    );
  });

  it('takes nothing from a prototype', () => {
    expect(
      mapRandomUser({ ...result(), name: Object.create({ first: 'x' }) as object }, drop).first_name,
    ).toBeNull();
  });
});
