import { userOf } from './users.ts';

/** A user as the RandomUser API 1.4 gives it, the same one for the same number. */
export function sourceUserOf(number: number): object {
  const user = userOf(number);
  return {
    gender: user.gender,
    name: { title: 'Ms', first: user.first_name, last: user.last_name },
    location: {
      street: { number: (number % 9_000) + 1, name: 'Example Street' },
      city: user.city,
      state: user.state,
      country: user.country,
      postcode: Number(user.postcode),
      coordinates: { latitude: String(user.latitude), longitude: String(user.longitude) },
      timezone: { offset: '+9:30', description: 'Adelaide, Darwin' },
    },
    email: user.email,
    login: {
      uuid: user.uuid,
      username: user.username,
      password: 'secret',
      salt: 'salt',
      md5: '0'.repeat(32),
      sha1: '0'.repeat(40),
      sha256: '0'.repeat(64),
    },
    dob: { date: instant(user.birthdate), age: user.age },
    registered: { date: instant(user.registered_date), age: 9 },
    phone: user.phone,
    cell: user.cell,
    id: { name: 'TFN', value: '123456789' },
    picture: { large: user.picture, medium: user.picture, thumbnail: user.picture },
    nat: user.nationality,
  };
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
