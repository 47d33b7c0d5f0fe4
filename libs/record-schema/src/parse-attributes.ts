import { decimalOf, decimalText, twosComplement, unscaled } from './decimal.ts';
import { SchemaError } from './errors.ts';
import { dateOfDays } from './instant.ts';
import type { Field, FieldType, FieldValue } from './schema.ts';
import { checkValue, fieldRule } from './value-rules.ts';

type Json = Readonly<Record<string, unknown>>;

const ranged: readonly string[] = ['int', 'long', 'float', 'double', 'decimal'];

/** A JSON number of so many digits is the same number after JSON.parse made a double of it. */
const EXACT_DIGITS = 15;

/**
 * The bounds of a field.
 *
 * @param path the field's name, after the names of the fields that hold its record
 */
export function parseRange(avsc: Json, type: FieldType, path: string): Pick<Field, 'minimum' | 'maximum'> {
  const { minimum, maximum } = avsc;
  if (minimum === undefined && maximum === undefined) return {};
  if (!ranged.includes(type.kind)) {
    throw new SchemaError(`minimum and maximum do not apply to ${type.kind}; remove them`, { field: path });
  }
  for (const bound of [minimum, maximum]) {
    if (bound !== undefined && !isBound(type, bound)) {
      throw new SchemaError(
        'minimum and maximum must be numbers, integers for an integer field, and for a decimal such as it can hold, with 15 digits at most',
        { field: path },
      );
    }
  }
  if (typeof minimum === 'number' && typeof maximum === 'number' && minimum > maximum) {
    throw new SchemaError('minimum is greater than maximum; swap them', { field: path });
  }
  return {
    ...(typeof minimum === 'number' && { minimum }),
    ...(typeof maximum === 'number' && { maximum }),
  };
}

/**
 * Whether the field says that its values are personal, or that they are not.
 *
 * @param path the field's name, after the names of the fields that hold its record
 */
export function parsePersonal({ personal }: Json, path: string): Pick<Field, 'personal'> {
  if (personal === undefined) return {};
  if (typeof personal === 'boolean') return { personal };
  throw new SchemaError('"personal" is neither true nor false; use one of them, or remove it', {
    field: path,
  });
}

function isBound(type: FieldType, bound: unknown): boolean {
  if (typeof bound !== 'number' || !Number.isFinite(bound)) return false;
  if (type.kind === 'int' || type.kind === 'long') return Number.isSafeInteger(bound);
  if (type.kind !== 'decimal') return true;
  const decimal = decimalText(String(bound), type.precision, type.scale);
  return decimal !== 'out-of-range' && String(unscaled(decimal)).replace('-', '').length <= EXACT_DIGITS;
}

/**
 * The default of a field as a JavaScript value. A default of a union belongs to its first branch (Avro 1.12,
 * "Complex Types").
 */
export function parseDefault(avsc: Json, field: Field, path: string): FieldValue {
  const value = avsc['default'];
  const nullFirst = Array.isArray(avsc['type']) && avsc['type'][0] === 'null';
  if ((value === null) !== nullFirst) {
    throw new SchemaError('the default is not of the first type of the union; put its type first', {
      field: path,
    });
  }
  if (value === null) return null;
  const typed = defaultOf(field.type, value);
  try {
    checkValue(fieldRule(field), typed);
  } catch (cause) {
    throw new SchemaError('the default is not a valid value of the field; correct it', {
      field: path,
      cause,
    });
  }
  return typed as FieldValue;
}

/** From JSON as Avro writes defaults (Avro 1.12, "Complex Types"); what is not of the type is left as it is. */
function defaultOf(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'long':
    case 'timestamp-micros':
      return Number.isSafeInteger(value) ? BigInt(value as number) : value;
    case 'date':
      return Number.isSafeInteger(value) ? dateOfDays(value as number) : undefined;
    case 'bytes':
      return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
    case 'decimal':
      return typeof value === 'string'
        ? decimalOf(twosComplement(Buffer.from(value, 'latin1')), type.scale)
        : value;
    case 'array':
      return Array.isArray(value) ? value.map((item) => defaultOf(type.items, item)) : value;
    default:
      return value;
  }
}
