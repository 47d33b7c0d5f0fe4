import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nationalities, nationalityCodes } from './nationalities.ts';
import { generateUser } from './user.ts';

const at = (index: number, page = 1, seed = 'abc') => ({ seed, page, index });
const users = (count: number, page = 1) =>
  Array.from({ length: count }, (_, index) => generateUser(at(index, page), { nats: nationalityCodes }));

describe('generateUser', () => {
  it('gives the same user at a position every time, whatever was generated in between', () => {
    const first = generateUser(at(7), { nats: nationalityCodes });
    users(100, 9);
    expect(generateUser(at(7), { nats: nationalityCodes })).toEqual(first);
  });

  it('gives the same users in every release: a new digest here changes every seed', () => {
    const digest = createHash('sha256')
      .update(JSON.stringify(users(500)))
      .digest('hex');
    expect(digest).toBe('a713e55e64538c7132db024f5bc5ac100c7b7e3bf2ecce34d023ef4cff080438');
  });

  it('gives other users at another position, page or seed', () => {
    const uuids = [at(0), at(1), at(0, 2), at(0, 1, 'abd'), at(1, 1, 'ab'), at(1, 11), at(11, 1)].map(
      (position) => generateUser(position, { nats: nationalityCodes }).login.uuid,
    );
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  it('never repeats a uuid, and all are lower-case version 4', () => {
    const uuids = [...users(5000), ...users(5000, 2)].map((user) => user.login.uuid);
    expect(new Set(uuids).size).toBe(10_000);
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it('uses every nationality and both genders', () => {
    const some = users(2000);
    expect(new Set(some.map((user) => user.nat))).toEqual(new Set(nationalityCodes));
    expect(new Set(some.map((user) => user.gender))).toEqual(new Set(['female', 'male']));
  });

  it('gives the gender asked for, with a name, a title and a portrait that go with it', () => {
    for (const gender of ['female', 'male'] as const) {
      for (let index = 0; index < 100; index++) {
        const user = generateUser(at(index), { nats: nationalityCodes, gender });
        expect(user.gender).toBe(gender);
        expect(user.name.title === 'Mr').toBe(gender === 'male');
        expect(user.picture.large).toContain(gender === 'male' ? '/men/' : '/women/');
      }
    }
    const unasked = generateUser(at(1), { nats: nationalityCodes });
    expect(generateUser(at(1), { nats: nationalityCodes, gender: unasked.gender })).toEqual(unasked);
  });

  it('changes nothing but the password and its digests for a password rule', () => {
    const plain = generateUser(at(3), { nats: nationalityCodes });
    const rule = { characters: 'xyz', minLength: 20, maxLength: 30 };
    const { login, ...others } = generateUser(at(3), { nats: nationalityCodes, password: rule });
    expect({ ...others, login: plain.login }).toEqual(plain);
    expect(login.password).toMatch(/^[xyz]{20,30}$/);
    expect(login.sha256).toBe(
      createHash('sha256')
        .update(login.password + login.salt)
        .digest('hex'),
    );
    expect([login.uuid, login.username, login.salt]).toEqual([
      plain.login.uuid,
      plain.login.username,
      plain.login.salt,
    ]);
  });

  it('digests the password followed by the salt', () => {
    const { password, salt, md5, sha1, sha256 } = generateUser(at(3), { nats: nationalityCodes }).login;
    for (const [name, digest] of Object.entries({ md5, sha1, sha256 })) {
      expect(createHash(name).update(`${password}${salt}`).digest('hex')).toBe(digest);
    }
  });

  it('has the shape and types of the API', () => {
    for (const user of users(300)) {
      expect(user).toEqual({
        gender: expect.stringMatching(/^(fe)?male$/),
        name: {
          title: expect.stringMatching(/^(Mr|Miss|Mrs|Ms)$/),
          first: expect.any(String),
          last: expect.any(String),
        },
        location: {
          street: { number: expect.any(Number), name: expect.any(String) },
          city: expect.any(String),
          state: expect.any(String),
          country: nationalities[user.nat].country,
          postcode: expect.anything(),
          coordinates: {
            latitude: expect.stringMatching(/^-?\d{1,2}\.\d{4}$/),
            longitude: expect.stringMatching(/^-?\d{1,3}\.\d{4}$/),
          },
          timezone: {
            offset: expect.stringMatching(/^([+-]\d{1,2}|0):\d\d$/),
            description: expect.any(String),
          },
        },
        email: expect.stringMatching(/^[\x21-\x7e]+@example\.com$/),
        login: {
          uuid: expect.any(String),
          username: expect.stringMatching(/^[a-z]+\d{3}$/),
          password: expect.stringMatching(/^\w{6,12}$/),
          salt: expect.stringMatching(/^\w{8}$/),
          md5: expect.stringMatching(/^[\da-f]{32}$/),
          sha1: expect.stringMatching(/^[\da-f]{40}$/),
          sha256: expect.stringMatching(/^[\da-f]{64}$/),
        },
        dob: {
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          age: expect.any(Number),
        },
        registered: { date: expect.stringMatching(/Z$/), age: expect.any(Number) },
        phone: expect.any(String),
        cell: expect.any(String),
        id: { name: expect.any(String), value: user.id.name === '' ? null : expect.any(String) },
        picture: {
          large: expect.stringMatching(/^https:\/\/randomuser\.me\/api\/portraits\/(wo)?men\/\d{1,2}\.jpg$/),
          medium: expect.stringMatching(/\/portraits\/med\/(wo)?men\/\d{1,2}\.jpg$/),
          thumbnail: expect.stringMatching(/\/portraits\/thumb\/(wo)?men\/\d{1,2}\.jpg$/),
        },
        nat: expect.any(String),
      });
    }
  });

  it('counts ages in full years at the reference date', () => {
    for (const { dob, registered } of users(500)) {
      const turned = (date: string, years: number) =>
        `${(Number(date.slice(0, 4)) + years).toString()}${date.slice(4)}`;
      for (const { date, age } of [dob, registered]) {
        expect(turned(date, age) <= '2026-01-01T00:00:00.000Z').toBe(true);
        expect(turned(date, age + 1) > '2026-01-01T00:00:00.000Z').toBe(true);
      }
      expect(dob.age).toBeGreaterThanOrEqual(21);
    }
  });

  it.each([
    ['CA', /^[A-Z]\d[A-Z] \d[A-Z]\d$/],
    ['GB', /^[A-Z]{2}\d \d[A-Z]{2}$/],
    ['NL', /^\d{4} [A-Z]{2}$/],
    ['NO', /^\d{4}$/],
  ] as const)('gives postcodes of %s as text', (nat, form) => {
    expect(generateUser(at(0), { nats: [nat] }).location.postcode).toMatch(form);
  });

  it.each(['AU', 'CH', 'DE', 'IR', 'UA', 'US'] as const)('gives postcodes of %s as numbers', (nat) => {
    expect(generateUser(at(0), { nats: [nat] }).location.postcode).toBeTypeOf('number');
  });

  it.each([
    ['IR', /^[\p{Script=Arabic}\p{P}\p{Zs}\p{Cf}\d]+$/u],
    ['UA', /^[\p{Script=Cyrillic}\p{P}\p{Zs}\d]+$/u],
  ] as const)('writes names and places of %s in its own script', (nat, script) => {
    for (let index = 0; index < 50; index++) {
      const { name, location } = generateUser(at(index), { nats: [nat] });
      for (const text of [name.first, name.last, location.street.name, location.city, location.state]) {
        expect(text).toMatch(script);
      }
    }
  });
});
