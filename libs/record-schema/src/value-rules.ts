import { DataError, type DataErrorReason, SchemaError } from './errors.ts';
import { type Field, type FieldType, type FieldValue } from './schema.ts';

/** The types whose values can be checked, read and written. */
type ValueKind = 'string' | 'int' | 'long' | 'float' | 'double' | 'boolean' | 'uuid' | 'timestamp-millis';

/** What a value of one field must obey: the one place where ranges are decided, for reading and for writing. */
export interface FieldRule {
  readonly name: string;
  readonly kind: ValueKind;
  readonly nullable: boolean;
  /** What an absent field is read as; undefined: absence is an error. */
  readonly whenAbsent: FieldValue | undefined;
  /** Bounds, both allowed: bigint for `long`, else number. */
  readonly low: number | bigint;
  readonly high: number | bigint;
}

const limits: Readonly<Record<ValueKind, readonly [low: number | bigint, high: number | bigint]>> = {
  string: [-Infinity, Infinity],
  boolean: [-Infinity, Infinity],
  uuid: [-Infinity, Infinity],
  int: [-(2 ** 31), 2 ** 31 - 1],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  float: [-Infinity, Infinity],
  double: [-Infinity, Infinity],
  // 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z: what has a four-digit year, and what Python's datetime holds.
  'timestamp-millis': [-62_135_596_800_000, 253_402_300_799_999],
};

/** @throws {@link SchemaError} for a type whose values cannot be read yet */
export function fieldRule({ name, type, nullable, minimum, maximum, ...field }: Field): FieldRule {
  if (!isValueKind(type)) {
    throw new SchemaError(`values of type ${type.kind} cannot be read or written; use another type`, {
      field: name,
    });
  }
  const [lowest, highest] = limits[type.kind];
  const low = minimum === undefined ? lowest : boundOf(type.kind, minimum);
  const high = maximum === undefined ? highest : boundOf(type.kind, maximum);
  return {
    name,
    kind: type.kind,
    nullable,
    whenAbsent: field.default === undefined && nullable ? null : field.default,
    low: low > lowest ? low : lowest,
    high: high < highest ? high : highest,
  };
}

function isValueKind(type: FieldType): type is { kind: ValueKind } {
  return Object.hasOwn(limits, type.kind);
}

/** The bound as a value of its type, for comparisons of like with like; a float is rounded as values are. */
function boundOf(kind: ValueKind, bound: number): number | bigint {
  if (kind === 'long') return BigInt(bound);
  return kind === 'float' ? Math.fround(bound) : bound;
}

/** @throws {@link DataError} when a value does not obey the rule */
export function checkValue(rule: FieldRule, value: unknown): void {
  const reason = faultOf(rule, value);
  if (reason !== undefined) throw new DataError(reason, rule.name);
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
  }
}

/** `out-of-range` where a number lies outside the bounds of its field. */
export function rangeFault(rule: FieldRule, value: number | bigint): 'out-of-range' | undefined {
  return value < rule.low || value > rule.high ? 'out-of-range' : undefined;
}

const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a string is a UUID of the form 8-4-4-4-12 in lower case (RFC 9562, section 4; any version). */
export function isLowerCaseUuid(text: string): boolean {
  return lowerCaseUuid.test(text);
}
