import { decimalOf, twosComplement, unscaled, unscaledBytes } from './decimal.ts';
import { DataError } from './errors.ts';
import { dateOfDays, daysOfDate } from './instant.ts';
import type { FieldValue } from './schema.ts';
import { type FieldRule, isLowerCaseUuid, rangeFault } from './value-rules.ts';

/** Makes the value of a field of what stands for it in Avro. Throws {@link DataError}. */
type Conversion = (value: unknown) => FieldValue;

/** As {@link Conversion}, the other way; the value has been checked. */
type Inversion = (value: FieldValue) => unknown;

type Values = Record<string, unknown>;

/**
 * Makes a record of what avsc has read: brings values into their form and checks their ranges, in the order of the schema.
 * Fields whose every Avro value is a value as it is cost nothing.
 */
export function recordFromAvro(rules: readonly FieldRule[]): (record: object) => void {
  const steps = rules.flatMap((rule) => {
    const conversion = fromAvro(rule);
    return conversion ? [{ name: rule.name, conversion }] : [];
  });
  return (record) => {
    const values = record as Values;
    for (const { name, conversion } of steps) {
      const value = values[name];
      if (value === null) continue;
      const converted = conversion(value);
      if (converted !== value) values[name] = converted;
    }
  };
}

/** Undefined: the record as it is. */
export function recordToAvro(rules: readonly FieldRule[]): ((record: object) => object) | undefined {
  const steps = rules.flatMap((rule) => {
    const inversion = toAvro(rule);
    return inversion ? [{ name: rule.name, inversion }] : [];
  });
  if (steps.length === 0) return undefined;
  return (record) => {
    const values = { ...record } as Record<string, FieldValue>;
    const written: Values = values;
    for (const { name, inversion } of steps) {
      const value = values[name] ?? null;
      if (value !== null) written[name] = inversion(value);
    }
    return written;
  };
}

function fromAvro(rule: FieldRule): Conversion | undefined {
  switch (rule.kind) {
    case 'string':
    case 'boolean':
    case 'bytes':
    case 'enum':
      return undefined;
    case 'uuid':
      return (value) => uuidOf(rule, value as string);
    case 'int':
    case 'long':
    case 'timestamp-millis':
    case 'timestamp-micros':
      return (value) => inRange(rule, value as number | bigint);
    case 'float':
      return (value) => inRange(rule, finite(rule, Math.fround(value as number)));
    case 'double':
      return (value) => inRange(rule, finite(rule, value as number));
    case 'date':
      return (value) => {
        const date = dateOfDays(value as number);
        if (date === 'out-of-range') throw new DataError(date, rule.path);
        return date;
      };
    case 'decimal':
      return (value) => decimalFrom(rule, rule.precision, rule.scale, value as Buffer);
    case 'array': {
      const item = fromAvro(rule.items);
      return item && ((value) => (value as readonly unknown[]).map((one) => item(one)));
    }
    case 'record': {
      const complete = recordFromAvro(rule.fields);
      return (value) => {
        complete(value as object);
        return value as FieldValue;
      };
    }
  }
}

function toAvro(rule: FieldRule): Inversion | undefined {
  switch (rule.kind) {
    case 'date':
      return (value) => daysOfDate(value as string);
    case 'decimal':
      return (value) => unscaledBytes(unscaled(value as string));
    case 'array': {
      const item = toAvro(rule.items);
      return item && ((value) => (value as readonly FieldValue[]).map((one) => item(one)));
    }
    case 'record':
      return recordToAvro(rule.fields) as Inversion | undefined;
    default:
      return undefined;
  }
}

function inRange<N extends number | bigint>(rule: FieldRule, value: N): N {
  const fault = rangeFault(rule, value);
  if (fault !== undefined) throw new DataError(fault, rule.path);
  return value;
}

function finite(rule: FieldRule, value: number): number {
  if (!Number.isFinite(value)) throw new DataError('non-finite', rule.path);
  return value;
}

function uuidOf(rule: FieldRule, text: string): string {
  if (isLowerCaseUuid(text)) return text;
  const lower = text.toLowerCase();
  if (!isLowerCaseUuid(lower)) throw new DataError('bad-uuid', rule.path);
  return lower;
}

/** Two's complement, big endian (Avro 1.12, "Decimal"). Bytes beyond the precision are not made into a number. */
function decimalFrom(rule: FieldRule, precision: number, scale: number, bytes: Buffer): string {
  // a decimal digit takes at least 0.41 bytes; leading sign bytes beyond that are nobody's
  if (bytes.length > precision + 8) throw new DataError('out-of-range', rule.path);
  const value = inRange(rule, twosComplement(bytes));
  const text = decimalOf(value, scale);
  if (String(value < 0n ? -value : value).length > precision) throw new DataError('out-of-range', rule.path);
  return text;
}
