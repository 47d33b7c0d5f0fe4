import { RawJson } from './raw-json.ts';

/** Stands for what is masked. */
export const mask = '•••';

/**
 * Fields that say who somebody is, of our records and of the RandomUser API's answers, which dead letters of the source hold. All that is
 * below such a field is masked as well. A uuid is what rows and records are looked up by; it names nobody by itself.
 */
const personal: ReadonlySet<string> = new Set([
  ...['first_name', 'last_name', 'full_name', 'street', 'city', 'postcode', 'latitude', 'longitude', 'email'],
  ...['username', 'password', 'birthdate', 'phone', 'cell', 'picture'],
  ...['name', 'location', 'coordinates', 'login', 'dob', 'id'],
]);

export function isPersonal(field: string): boolean {
  return personal.has(field);
}

/** A copy of decoded data in which the values of personal fields are masked, at any depth. */
export function masked(value: unknown, isBelow = false): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => masked(item, isBelow));
  if (typeof value === 'object' && !(value instanceof RawJson))
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === 'uuid' ? inner : masked(inner, isBelow || isPersonal(name)),
      ]),
    );
  return isBelow ? mask : value;
}
