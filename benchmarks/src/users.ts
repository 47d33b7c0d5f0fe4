import type { UserRecord } from '@sluice/user-schema';

/** A user record of typical size (~560 bytes as JSON), the same one for the same number. */
export function userOf(number: number): UserRecord {
  const digits = String(number).padStart(8, '0');
  return {
    first_name: `First${digits.slice(4)}`,
    last_name: `Lastname${digits}`,
    gender: number % 2 === 0 ? 'female' : 'male',
    street: `${(number % 9_000) + 1} Example Street`,
    city: 'Springfield',
    state: 'Northern Territory',
    country: 'Australia',
    postcode: String(1_000 + (number % 9_000)),
    latitude: ((number * 7) % 180) - 89.5123,
    longitude: ((number * 13) % 360) - 179.5123,
    email: `first.lastname${digits}@example.com`,
    uuid: `${digits}-0000-4000-8000-${digits.padStart(12, '0')}`,
    username: `user${digits}`,
    password: null,
    birthdate: 500_000_000_000 + number * 1_000,
    age: 18 + (number % 60),
    registered_date: 1_400_000_000_000 + number * 1_000,
    phone: '00-1234-5678',
    cell: '0400-123-456',
    picture: `https://randomuser.me/api/portraits/women/${number % 99}.jpg`,
    nationality: 'AU',
  };
}
