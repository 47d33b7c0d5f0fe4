import type { UserRecord } from '@sluice/user-schema';

/** A user whose every field tells the number of the user and the version of the record. */
export function userOf(number: number, version: number): UserRecord {
  return {
    first_name: `Ingrid ${version}`,
    last_name: version % 7 === 0 ? null : `Nordmann ${number}`,
    gender: version % 2 === 0 ? 'female' : 'male',
    street: `${version} Valwood Pkwy`,
    city: version % 3 === 0 ? null : `Tromsø ${version}`,
    state: 'Troms',
    country: `كريمي ${version}`,
    postcode: String(version).padStart(5, '0'),
    latitude: (version % 180) - 90 + 0.25,
    longitude: (version % 360) - 180 + 0.125,
    email: `user.${number}@example.com`,
    uuid: uuidOf(number),
    username: `user${number}v${version}`,
    password: null,
    birthdate: Date.UTC(1950 + (version % 50), number % 12, 1 + (number % 28)),
    age: version % 100,
    registered_date: Date.UTC(2010, 0, 1, 0, 0, version % 60, version % 1000),
    phone: version % 5 === 0 ? null : `+47 ${version}`,
    cell: `+47 555 ${number}`,
    picture: `https://randomuser.me/api/portraits/women/${number % 100}.jpg`,
    nationality: 'NO',
  };
}

export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
