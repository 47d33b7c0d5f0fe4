import { DataError, jsonDecoder } from '@sluice/record-schema';
import { userRecordSchema } from './schemas.ts';
import type { UserRecord } from './user-record.generated.ts';

/** What becomes of a password: not sent; sent as the API's salted SHA-256 digest; sent as it is. */
export type PasswordPolicy = 'drop' | 'sha256' | 'plaintext';

export interface MappingOptions {
  readonly passwordPolicy: PasswordPolicy;
}

type FieldName = keyof UserRecord;

/** Where a field stands in a result of the RandomUser API 1.4. A field without a place is null. */
const places: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  first_name: ['name', 'first'],
  last_name: ['name', 'last'],
  gender: ['gender'],
  city: ['location', 'city'],
  state: ['location', 'state'],
  country: ['location', 'country'],
  postcode: ['location', 'postcode'],
  latitude: ['location', 'coordinates', 'latitude'],
  longitude: ['location', 'coordinates', 'longitude'],
  email: ['email'],
  uuid: ['login', 'uuid'],
  username: ['login', 'username'],
  birthdate: ['dob', 'date'],
  age: ['dob', 'age'],
  registered_date: ['registered', 'date'],
  phone: ['phone'],
  cell: ['cell'],
  picture: ['picture', 'large'],
  nationality: ['nat'],
};

/** What a value may be, besides null. */
const scalarTypes: readonly string[] = ['string', 'number', 'boolean', 'undefined'];

const decoder = jsonDecoder<UserRecord>(userRecordSchema);

type ReadField = (result: object, policy: PasswordPolicy) => unknown;

/** In the order of the schema, in which a decoder is quickest. */
const fields = userRecordSchema.fields.map(({ name }) => {
  const field = name as FieldName;
  return { field, read: readerOf(field) };
});

function readerOf(field: FieldName): ReadField {
  if (field === 'street') return streetOf;
  if (field === 'password') return passwordOf;
  const place = places[field];
  return (result) => place && valueAt(result, place, field);
}

/**
 * Makes a result of the RandomUser API into a message. The values are read as those of a JSON message are
 * (record-schema's table), so that "-69.8246" is a coordinate, 90210 a postcode, and both sides agree.
 *
 * @throws DataError `field:reason` when the result has the wrong shape, as in `uuid:missing`
 */
export function mapRandomUser(result: unknown, { passwordPolicy }: MappingOptions): UserRecord {
  if (!isObject(result)) throw new DataError('not-an-object');
  const values: Partial<Record<FieldName, unknown>> = {};
  for (const { field, read } of fields) values[field] = scalar(read(result, passwordPolicy), field);
  return decoder.decode(Buffer.from(JSON.stringify(values)));
}

function streetOf(result: object): unknown {
  const street = valueAt(result, ['location', 'street'], 'street');
  if (!isObject(street)) return street;
  return joined([valueAt(street, ['number'], 'street'), valueAt(street, ['name'], 'street')], ' ', 'street');
}

function passwordOf(result: object, policy: PasswordPolicy): unknown {
  const login = (name: string) => valueAt(result, ['login', name], 'password') ?? null;
  switch (policy) {
    case 'drop':
      return null;
    case 'plaintext':
      return login('password');
    case 'sha256': {
      const [salt, digest] = [login('salt'), login('sha256')];
      return salt === null || digest === null ? null : joined(['sha256', salt, digest], ':', 'password');
    }
  }
}

/** The parts that are there, or null where none is. */
function joined(parts: readonly unknown[], separator: string, field: FieldName): string | null {
  const present = parts
    .map((part) => scalar(part, field))
    .filter((part) => part !== null && part !== undefined);
  if (present.some((part) => typeof part === 'boolean')) throw new DataError('wrong-type', field);
  return present.length === 0 ? null : present.join(separator);
}

/** The value at a place, undefined where an object on the way there is absent or null. */
function valueAt(from: unknown, place: readonly string[], field: string): unknown {
  let value = from;
  for (const name of place) {
    if (value === null || value === undefined) return undefined;
    if (!isObject(value)) throw new DataError('wrong-type', field);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** Refuses what `JSON.stringify` would change, leave out or could not write. */
function scalar(value: unknown, field: string): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new DataError('non-finite', field);
  if (value !== null && !scalarTypes.includes(typeof value)) throw new DataError('wrong-type', field);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
