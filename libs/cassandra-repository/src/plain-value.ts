import { types } from 'cassandra-driver';

/** The value that a caller sees for one that the driver has decoded: no class of the driver gets out. */
export function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return value.getTime();
  if (value instanceof types.Uuid) return value.toString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)]));
  }
  return String(value);
}
