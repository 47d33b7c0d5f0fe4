import { DataError, dataErrorReasons, jsonDecoder, jsonEncoder } from '@sluice/record-schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapRandomUser, type PasswordPolicy } from './random-user-mapping.ts';
import { userRecordSchema } from './schemas.ts';
import type { UserRecord } from './user-record.generated.ts';

const garbage = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', NaN, -0, Symbol('s'), () => 1, '1e999', '9999-12-31', new String('x')),
);

/** An object of the names that a result has, each with what belongs there, with garbage, or left out. */
function shaped(parts: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const slots = Object.entries(parts).map(([name, part]) => [
    name,
    fc.oneof({ arbitrary: part, weight: 20 }, { arbitrary: garbage, weight: 1 }),
  ]);
  return fc.record(Object.fromEntries(slots) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] });
}

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(null));
const date = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
  .map((day) => day.toISOString());
const results = shaped({
  gender: text,
  name: shaped({ first: text, last: text }),
  location: shaped({
    street: fc.oneof(text, shaped({ number: fc.nat(), name: text })),
    city: text,
    postcode: fc.oneof(fc.nat(), text),
    coordinates: shaped({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }).map(String),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    }),
  }),
  email: text,
  login: fc.record({
    uuid: fc.oneof({ arbitrary: fc.uuid(), weight: 20 }, garbage),
    salt: text,
    sha256: text,
    password: text,
  }),
  dob: shaped({ date, age: fc.nat(150) }),
  registered: shaped({ date }),
  picture: shaped({ large: text }),
  nat: text,
});
const policies = fc.constantFrom<PasswordPolicy>('drop', 'sha256', 'plaintext');

/** The message, or the code of the data error; any other error is thrown. */
function mapped(result: unknown, passwordPolicy: PasswordPolicy): UserRecord | string {
  try {
    return mapRandomUser(result, { passwordPolicy });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const known =
      error.field === undefined || userRecordSchema.fields.some((field) => field.name === error.field);
    expect(known && dataErrorReasons.includes(error.reason), error.code).toBe(true);
    return error.code;
  }
}

describe('mapRandomUser', () => {
  // A failure prints the seed to repeat it with.
  it('gives a listed data error for garbage', () => {
    fc.assert(
      fc.property(garbage, policies, (result, policy) => {
        expect(typeof mapped(result, policy)).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });

  it('gives a message that can be sent, or a listed data error, for a result with garbage in it', () => {
    const encoder = jsonEncoder<UserRecord>(userRecordSchema);
    const decoder = jsonDecoder<UserRecord>(userRecordSchema);
    let messages = 0;
    fc.assert(
      fc.property(results, policies, (result, policy) => {
        const record = mapped(result, policy);
        if (typeof record === 'string') return;
        messages++;
        expect(decoder.decode(encoder.encode(record))).toStrictEqual(record);
      }),
      { numRuns: 3000 },
    );
    expect(messages).toBeGreaterThan(300);
  });
});
