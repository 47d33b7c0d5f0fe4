import type { FieldValue, RecordValue } from '../src/schema.ts';

/** A value in the files of vectors, or one that plain JSON cannot carry exactly. */
export type VectorValue =
  | string
  | number
  | boolean
  | null
  | { readonly long: string }
  | { readonly double: string }
  | { readonly bytes: string }
  | { readonly record: VectorRecord }
  | readonly VectorValue[];

export type VectorRecord = Readonly<Record<string, VectorValue>>;

export function valueOf(value: VectorValue): FieldValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(valueOf);
  if ('long' in value) return BigInt(value.long);
  if ('bytes' in value) return Buffer.from(value.bytes, 'hex');
  if ('record' in value) return recordOf(value.record);
  return Number(value.double);
}

export function recordOf(values: VectorRecord): RecordValue {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueOf(value)]));
}

/** `Array.isArray` does not see read-only arrays in a union. */
function isArray(value: VectorValue): value is readonly VectorValue[] {
  return Array.isArray(value);
}
