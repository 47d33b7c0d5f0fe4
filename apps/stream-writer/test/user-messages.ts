import type { ProducerRecord } from '@sluice/kafka-client';
import type { UserRecord } from '@sluice/user-schema';

export function userId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The user of that number: the same fields each time, texts of several scripts among them. */
export function user(number: number): UserRecord {
  const [first, last] = names[number % names.length] ?? ['', ''];
  return {
    first_name: first,
    last_name: last,
    gender: number % 2 === 0 ? 'female' : 'male',
    street: `${number % 10_000} Valwood Pkwy`,
    city: 'Tromsø',
    state: 'Troms',
    country: 'Norway',
    postcode: String(number % 100_000).padStart(5, '0'),
    latitude: (number % 180) - 90 + 0.25,
    longitude: (number % 360) - 180 + 0.125,
    email: `user.${number}@Example.com`,
    uuid: userId(number),
    username: `user${number}`,
    password: null,
    birthdate: Date.UTC(1950 + (number % 50), number % 12, 1 + (number % 28)),
    age: 20 + (number % 60),
    registered_date: Date.UTC(2010, 0, 1, 0, 0, number % 60, number % 1000),
    phone: null,
    cell: '+47 555 01 234',
    picture: `https://randomuser.me/api/portraits/women/${number % 100}.jpg`,
    nationality: 'NO',
  };
}

/** The message of a user: keyed JSON, instants as ISO 8601 text, as the producer sends them. */
export function message(number: number, overrides: Readonly<Record<string, unknown>> = {}): ProducerRecord {
  const record = user(number);
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const value = {
    ...record,
    birthdate: instant(record.birthdate),
    registered_date: instant(record.registered_date),
    ...overrides,
  };
  return { key: Buffer.from(record.uuid), value: Buffer.from(JSON.stringify(value)) };
}

export function messages(count: number, from = 0): ProducerRecord[] {
  return Array.from({ length: count }, (_, i) => message(from + i));
}

const names = [
  ['Ingrid', 'Nordmann'],
  ['مهدي', 'كريمي'],
  ['Zoë', "O'Neill"],
  ['美咲', '佐藤'],
] as const;
