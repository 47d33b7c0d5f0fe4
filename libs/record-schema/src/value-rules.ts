import { decimalText, unscaled } from './decimal.ts';
import { DataError, type DataErrorReason } from './errors.ts';
import { dateFault } from './instant.ts';
import { isJsonNumber } from './json-number.ts';
import type { Field, FieldType, FieldValue, ScalarKind } from './schema.ts';

/** What a value of one field must obey: the one place where ranges are decided, for reading and for writing. */
export type FieldRule = RuleOfAnyKind & RuleOfKind;

interface RuleOfAnyKind {
  readonly name: string;
  /** The name as errors give it: after those of the fields around it, with dots between. */
  readonly path: string;
  readonly nullable: boolean;
  /** Names that the field had before. */
  readonly aliases: readonly string[];
  /** What an absent field is read as; undefined: absence is an error. */
  readonly whenAbsent: FieldValue | undefined;
  /** Bounds, both allowed: bigint for `long` and `timestamp-micros`, the unscaled bigint for `decimal`, else number. */
  readonly low: number | bigint;
  readonly high: number | bigint;
}

type RuleOfKind =
  | { [Kind in ScalarKind]: { readonly kind: Kind } }[ScalarKind]
  | DecimalKind
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: FieldRule }
  | { readonly kind: 'record'; readonly fields: readonly FieldRule[] };

interface DecimalKind {
  readonly kind: 'decimal';
  readonly precision: number;
  readonly scale: number;
}

export type DecimalRule = RuleOfAnyKind & DecimalKind;

type RarerRule = FieldRule & { readonly kind: 'decimal' | 'date' | 'enum' | 'bytes' | 'array' | 'record' };

type Limits = readonly [low: number | bigint, high: number | bigint];

const unlimited: Limits = [-Infinity, Infinity];
const limits: Readonly<Partial<Record<FieldType['kind'], Limits>>> = {
  int: [-(2 ** 31), 2 ** 31 - 1],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  // 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z: what has a four-digit year, and what Python's datetime holds.
  'timestamp-millis': [-62_135_596_800_000, 253_402_300_799_999],
  'timestamp-micros': [-62_135_596_800_000_000n, 253_402_300_799_999_999n],
};

/** @param path the field's name, after the names of the fields that hold its record */
export function fieldRule(field: Field, path = field.name): FieldRule {
  const { name, type, nullable, aliases = [], minimum, maximum } = field;
  const [lowest, highest] = limits[type.kind] ?? unlimited;
  const low = minimum === undefined ? lowest : boundOf(type, minimum);
  const high = maximum === undefined ? highest : boundOf(type, maximum);
  return {
    name,
    path,
    nullable,
    aliases,
    whenAbsent: field.default === undefined && nullable ? null : field.default,
    low: low > lowest ? low : lowest,
    high: high < highest ? high : highest,
    ...ruleOfKind(type, name, path),
  };
}

function ruleOfKind(type: FieldType, name: string, path: string): RuleOfKind {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', items: fieldRule({ name, type: type.items, nullable: false }, path) };
    case 'record': {
      const fields = type.schema.fields.map((field) => fieldRule(field, `${path}.${field.name}`));
      return { kind: 'record', fields };
    }
    default:
      return type;
  }
}

/** The bound as a value of its type, for comparisons of like with like; a float is rounded as values are. */
function boundOf(type: FieldType, bound: number): number | bigint {
  switch (type.kind) {
    case 'long':
      return BigInt(bound);
    case 'float':
      return Math.fround(bound);
    case 'decimal':
      return unscaled(decimalText(String(bound), type.precision, type.scale));
    default:
      return bound;
  }
}

/** @throws {@link DataError} when a value does not obey the rule */
export function checkValue(rule: FieldRule, value: unknown): void {
  const reason = faultOf(rule, value);
  if (reason !== undefined) throw new DataError(reason, rule.path);
}

/**
 * @param path of the field that holds the record; undefined for the outermost
 * @throws {@link DataError} for the first field, in schema order, that is wrong
 */
export function checkRecord(fields: readonly FieldRule[], record: unknown, path?: string): undefined {
  if (typeof record !== 'object' || record === null) {
    throw path === undefined ? new DataError('not-an-object') : new DataError('wrong-type', path);
  }
  const values = record as Readonly<Record<string, unknown>>;
  for (const rule of fields) checkValue(rule, values[rule.name]);
  if (Object.keys(record).length !== fields.length) throw new DataError('unknown-field', path);
}

function faultOf(rule: FieldRule, value: unknown): DataErrorReason | undefined {
  if (value === null) return rule.nullable ? undefined : 'null';
  if (value === undefined) return 'missing';
  switch (rule.kind) {
    case 'string':
      if (typeof value !== 'string') return 'wrong-type';
      return value.isWellFormed() ? undefined : 'lone-surrogate';
    case 'uuid':
      if (typeof value !== 'string') return 'wrong-type';
      return isLowerCaseUuid(value) ? undefined : 'bad-uuid';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'wrong-type';
    case 'long':
    case 'timestamp-micros':
      if (typeof value !== 'bigint') return 'wrong-type';
      return rangeFault(rule, value);
    case 'int':
    case 'timestamp-millis':
      if (typeof value !== 'number') return 'wrong-type';
      if (!Number.isFinite(value)) return 'non-finite';
      return Number.isInteger(value) ? rangeFault(rule, value) : 'not-an-integer';
    case 'float':
      if (typeof value !== 'number') return 'wrong-type';
      return Number.isFinite(Math.fround(value)) ? rangeFault(rule, Math.fround(value)) : 'non-finite';
    case 'double':
      if (typeof value !== 'number') return 'wrong-type';
      return Number.isFinite(value) ? rangeFault(rule, value) : 'non-finite';
    default:
      return faultOfRarer(rule, value);
  }
}

/** Apart, so that {@link faultOf} stays small enough to be compiled into its callers. */
function faultOfRarer(rule: RarerRule, value: unknown): DataErrorReason | undefined {
  switch (rule.kind) {
    case 'decimal':
      return typeof value === 'string' ? decimalFault(rule, value) : 'wrong-type';
    case 'date':
      return typeof value === 'string' ? dateFault(value) : 'wrong-type';
    case 'enum':
      if (typeof value !== 'string') return 'wrong-type';
      return rule.symbols.includes(value) ? undefined : 'unknown-symbol';
    case 'bytes':
      return Buffer.isBuffer(value) ? undefined : 'wrong-type';
    case 'array':
      return Array.isArray(value) ? checkItems(rule.items, value) : 'wrong-type';
    case 'record':
      return checkRecord(rule.fields, value, rule.path);
  }
}

/** Throws, as {@link checkRecord} does: the fault is that of an item. */
function checkItems(rule: FieldRule, items: readonly unknown[]): undefined {
  for (const item of items) checkValue(rule, item);
}

function decimalFault(rule: DecimalRule, text: string): DataErrorReason | undefined {
  if (!isJsonNumber(text)) return 'not-a-number';
  const decimal = readDecimal(rule, text);
  if (decimal === undefined) return 'out-of-range';
  return decimal === text ? undefined : 'bad-decimal';
}

/** The decimal text of a JSON number; undefined where the field cannot hold it. */
export function readDecimal(rule: DecimalRule, number: string): string | undefined {
  const decimal = decimalText(number, rule.precision, rule.scale);
  return decimal === 'out-of-range' || rangeFault(rule, unscaled(decimal)) ? undefined : decimal;
}

/** `out-of-range` where a number lies outside the bounds of its field. */
export function rangeFault(rule: FieldRule, value: number | bigint): 'out-of-range' | undefined {
  return value < rule.low || value > rule.high ? 'out-of-range' : undefined;
}

/** Whether a string is a UUID of the form 8-4-4-4-12 in lower case (RFC 9562, section 4; any version). */
export function isLowerCaseUuid(text: string): boolean {
  if (text.length !== 36) return false;
  for (let at = 0; at < 36; at++) {
    const code = text.charCodeAt(at);
    // no regular expression: every record has one
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 0x2d) return false;
    } else if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}
