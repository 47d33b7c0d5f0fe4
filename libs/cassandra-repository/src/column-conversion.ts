import { type EncodeValue, encoderFor } from './cql-values.ts';

/** A column of a live table that has another type than the definition, and can hold every value of it. */
export interface ColumnConversion {
  readonly column: string;
  /** The CQL type of the definition: rows have its values, here and when they are read back. */
  readonly defined: string;
  /** The CQL type that the table has: what is stored. */
  readonly found: string;
}

/** How the values of a defined type are kept in a column of another. */
interface Conversion {
  /** Of a value of the defined type: the value of the found type. */
  write(value: unknown): unknown;
  /** The way back. Of what no write leaves, anything. */
  read(stored: unknown): unknown;
}

/**
 * What is converted: defined type, found type. Each holds every value of the defined type, gives it back
 * unchanged, and has one form for it. `text` is what ECMAScript makes of a number (`Number::toString`, but -0 is
 * kept), ISO-8601 in UTC with milliseconds for an instant. What is not listed is refused.
 */
const conversions: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  int: {
    text: { write: String, read: Number },
    bigint: { write: toBigInt, read: Number },
    varint: { write: String, read: Number },
    decimal: { write: String, read: Number },
    double: { write: same, read: same },
  },
  bigint: {
    text: { write: String, read: toBigInt },
    varint: { write: String, read: toBigInt },
    decimal: { write: String, read: toBigInt },
  },
  float: {
    text: { write: (value) => numberText(Math.fround(value as number)), read: Number },
    double: { write: (value) => Math.fround(value as number), read: same },
  },
  double: { text: { write: (value) => numberText(value as number), read: Number } },
  boolean: { text: { write: String, read: (stored) => stored === 'true' } },
  uuid: { text: { write: (value) => (value as string).toLowerCase(), read: same } },
  timestamp: {
    text: {
      write: (value) => new Date(value as number).toISOString(),
      read: (stored) => Date.parse(stored as string),
    },
    bigint: { write: toBigInt, read: Number },
  },
  date: { text: { write: same, read: same } },
  decimal: { text: { write: same, read: same } },
};

/**
 * Those that a key column may have. Rows of one key must stay one row: other writers of the table can spell a
 * number or an instant otherwise, and then there would be two.
 */
const keyConversions: ReadonlySet<string> = new Set([
  'uuid text',
  'int bigint',
  'int varint',
  'bigint varint',
]);

/** The types a column can have beside the defined one. */
export function convertibleTypes(defined: string, inKey: boolean): string[] {
  const found = Object.keys(conversions[defined] ?? {});
  return inKey ? found.filter((type) => keyConversions.has(`${defined} ${type}`)) : found;
}

/** Encodes values of the defined type for a column of the found one; refuses exactly what is not of the defined. */
export function convertingEncoder({ defined, found }: ColumnConversion): EncodeValue | undefined {
  const check = encoderFor(defined);
  const encode = encoderFor(found);
  const conversion = conversions[defined]?.[found];
  if (!check || !encode || !conversion) return undefined;
  return (value) => (check(value) === undefined ? undefined : encode(conversion.write(value)));
}

/**
 * Gives a stored value as one of the defined type. What no write of that type leaves, for instance `41.0` or
 * `n/a` as the text of an int, is given as it is stored: it equals no value of the type.
 */
export function convertingReader({ defined, found }: ColumnConversion): (stored: unknown) => unknown {
  const check = encoderFor(defined);
  const conversion = conversions[defined]?.[found];
  if (!check || !conversion) return same;
  return (stored) => {
    if (stored === null) return null;
    const value = conversion.read(stored);
    return check(value) !== undefined && Object.is(conversion.write(value), stored) ? value : stored;
  };
}

function same(value: unknown): unknown {
  return value;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Of an integer, or of its digits; undefined of other text. */
function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return /^-?\d+$/.test(String(value)) ? BigInt(value as number | string) : undefined;
}
