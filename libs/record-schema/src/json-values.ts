import { dateFault, dateOfDays } from './instant.ts';
import { exactInteger, isJsonNumber, plainInteger } from './json-number.ts';
import { type JsonScanner, OPEN_BRACE, OPEN_BRACKET, QUOTE, startsNumber, words } from './json-scanner.ts';
import type { FieldValue, ScalarValue } from './schema.ts';
import { type DecimalRule, type FieldRule, isLowerCaseUuid, rangeFault, readDecimal } from './value-rules.ts';

/** Reads an array or an object whose opening bracket or brace was peeked. */
export type ReadNested = (json: JsonScanner, opening: number) => FieldValue;

/**
 * Reads the value of a field: the rows of the table, a JSON token each.
 *
 * @param readNested for a field that is an array or a record
 */
export function readValue(
  json: JsonScanner,
  rule: FieldRule,
  readNested: ReadNested | undefined,
): FieldValue {
  const byte = json.peek();
  if (byte === QUOTE) return fromString(json, rule);
  if (startsNumber(byte)) return fromNumber(json, rule, json.readNumber());
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
    return readNested ? readNested(json, byte) : json.fail('wrong-type');
  }
  if (json.take(words.null)) return rule.nullable ? null : json.fail('null');
  if (json.take(words.true)) return rule.kind === 'boolean' || json.fail('wrong-type');
  json.expectWord(words.false);
  return rule.kind === 'boolean' ? false : json.fail('wrong-type');
}

function fromString(json: JsonScanner, rule: FieldRule): ScalarValue {
  if (rule.kind === 'timestamp-millis') {
    const instant = json.readInstant();
    return typeof instant === 'number' ? inRange(json, rule, instant) : json.fail(instant);
  }
  if (rule.kind === 'timestamp-micros') {
    const instant = json.readInstantMicros();
    return typeof instant === 'bigint' ? inRange(json, rule, instant) : json.fail(instant);
  }
  const text = json.readString();
  switch (rule.kind) {
    case 'string':
      return text;
    case 'uuid':
      return uuidFrom(json, text);
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : json.fail('not-a-boolean'));
    case 'enum':
      return rule.symbols.includes(text) ? text : json.fail('unknown-symbol');
    case 'date':
      return dateFrom(json, text);
    case 'bytes':
      return bytesFrom(json, text);
    case 'array':
    case 'record':
      return json.fail('wrong-type');
    default:
      return isJsonNumber(text) ? fromNumber(json, rule, text) : json.fail('not-a-number');
  }
}

/** @param text the number as it is written */
function fromNumber(json: JsonScanner, rule: FieldRule, text: string): ScalarValue {
  switch (rule.kind) {
    case 'string':
      return text;
    case 'int':
    case 'timestamp-millis':
      return inRange(json, rule, integerFrom(json, text));
    case 'long':
    case 'timestamp-micros':
      return inRange(json, rule, bigintFrom(json, text));
    case 'float':
      return inRange(json, rule, finite(json, Math.fround(Number(text))));
    case 'double':
      return inRange(json, rule, finite(json, Number(text)));
    case 'decimal':
      return decimalFrom(json, rule, text);
    case 'date': {
      const date = dateOfDays(integerFrom(json, text));
      return date === 'out-of-range' ? json.fail(date) : date;
    }
    case 'boolean':
    case 'uuid':
    case 'bytes':
    case 'enum':
    case 'array':
    case 'record':
      return json.fail('wrong-type');
  }
}

/** Exact as far as a number is, which is beyond the ranges of the types that are numbers. */
function integerFrom(json: JsonScanner, text: string): number {
  return plainInteger(text) ?? Number(bigintFrom(json, text));
}

function bigintFrom(json: JsonScanner, text: string): bigint {
  const integer = exactInteger(text);
  return typeof integer === 'bigint' ? integer : json.fail(integer);
}

function finite(json: JsonScanner, value: number): number {
  return Number.isFinite(value) ? value : json.fail('non-finite');
}

function inRange<N extends number | bigint>(json: JsonScanner, rule: FieldRule, value: N): N {
  const fault = rangeFault(rule, value);
  return fault === undefined ? value : json.fail(fault);
}

function decimalFrom(json: JsonScanner, rule: DecimalRule, text: string): string {
  return readDecimal(rule, text) ?? json.fail('out-of-range');
}

function uuidFrom(json: JsonScanner, text: string): string {
  if (isLowerCaseUuid(text)) return text;
  const lower = text.toLowerCase();
  return isLowerCaseUuid(lower) ? lower : json.fail('bad-uuid');
}

function dateFrom(json: JsonScanner, text: string): string {
  const fault = dateFault(text);
  return fault === undefined ? text : json.fail(fault);
}

/** A character is a byte, as in the JSON encoding of Avro 1.12 ("JSON Encoding"). */
function bytesFrom(json: JsonScanner, text: string): Buffer {
  return /^[\u0000-\u00ff]*$/.test(text) ? Buffer.from(text, 'latin1') : json.fail('not-bytes');
}
