import { DataError } from './errors.ts';
import { exactInteger, isJsonNumber, plainInteger } from './json-number.ts';
import {
  CLOSE_BRACE,
  COLON,
  JsonScanner,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  startsNumber,
  words,
} from './json-scanner.ts';
import { type FieldValue, type RecordSchema, type RecordValue } from './schema.ts';
import { type FieldRule, fieldRule, isLowerCaseUuid, rangeFault } from './value-rules.ts';

export interface JsonDecoderOptions {
  /**
   * Told of fields that the schema does not have: each of the first 20 names once, cut to 100 characters.
   * Names come from the data: do not use them as metric labels. Default: nobody is told.
   */
  readonly onUnknownField?: (name: string) => void;
}

export interface JsonDecoder<T> {
  /**
   * Reads one value: UTF-8 JSON text of one object.
   *
   * @throws {@link DataError} for the first fault in reading order; absent fields are looked for last
   */
  decode(value: Uint8Array): T;
  /** Fields read over so far because the schema does not have them, every occurrence counted. */
  readonly unknownFields: number;
}

const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 100;

interface FieldReader {
  readonly rule: FieldRule;
  /** The key as JSON.stringify writes it, quotes included. */
  readonly key: Uint8Array;
  readonly index: number;
}

/**
 * A strict one-pass reader of JSON records. `JSON.parse` cannot do this: it takes the last of duplicate keys,
 * rounds long integers and forgets how a number was written. What each type takes from each JSON token is one
 * closed table, in README.md and in vectors/json-reading.json.
 *
 * @throws SchemaError for a field whose values cannot be read
 */
export function jsonDecoder<T extends object = RecordValue>(
  schema: RecordSchema,
  options: JsonDecoderOptions = {},
): JsonDecoder<T> {
  return new RecordDecoder<T>(schema, options);
}

class RecordDecoder<T> implements JsonDecoder<T> {
  unknownFields = 0;
  readonly #fields: readonly FieldReader[];
  readonly #byName: ReadonlyMap<string, FieldReader>;
  /** Every field, undefined: records are copies of it, so that all have one hidden class. */
  readonly #unread: Readonly<Record<string, FieldValue | undefined>>;
  readonly #reported = new Set<string>();
  readonly #onUnknownField: (name: string) => void;

  constructor(schema: RecordSchema, { onUnknownField = () => undefined }: JsonDecoderOptions) {
    this.#fields = schema.fields.map((field, index) => ({
      rule: fieldRule(field),
      key: Buffer.from(JSON.stringify(field.name)),
      index,
    }));
    this.#byName = new Map(this.#fields.map((field) => [field.rule.name, field]));
    this.#unread = undefinedFields(schema);
    this.#onUnknownField = onUnknownField;
  }

  decode(value: Uint8Array): T {
    const json = new JsonScanner(value);
    if (json.peek() !== OPEN_BRACE) {
      json.skipValue();
      throw new DataError('not-an-object');
    }
    const record = { ...this.#unread };
    const count = this.#readFields(json, record);
    if (!json.isAtEnd()) throw new DataError('trailing-bytes');
    if (count < this.#fields.length) this.#fillAbsent(record);
    return record as T;
  }

  #fillAbsent(record: Record<string, FieldValue | undefined>): void {
    for (const { rule } of this.#fields) {
      if (record[rule.name] !== undefined) continue;
      if (rule.whenAbsent === undefined) throw new DataError('missing', rule.name);
      record[rule.name] = rule.whenAbsent;
    }
  }

  /** @returns how many fields of the schema were there */
  #readFields(json: JsonScanner, record: Record<string, FieldValue | undefined>): number {
    const fields = this.#fields;
    let unknown: Set<string> | undefined;
    let count = 0;
    let expected = 0;
    let unreadFrom = 0;

    for (let more = json.open(CLOSE_BRACE); more; more = json.next(CLOSE_BRACE)) {
      // Writers keep the order of the schema: compare with the next key before reading one.
      let field = fields[expected];
      if (field === undefined || !json.take(field.key)) {
        const name = json.readKey();
        field = this.#byName.get(name);
        if (field === undefined) {
          unknown = this.#skipUnknown(json, name, unknown);
          continue;
        }
      }
      const { rule, index } = field;
      // Fields from unreadFrom on have not been read, and the record need not be asked.
      if (index < unreadFrom && record[rule.name] !== undefined)
        throw new DataError('duplicate-key', rule.name);
      json.expect(COLON);
      json.field = rule.name;
      record[rule.name] = readValue(json, rule);
      json.field = undefined;
      expected = index + 1;
      if (expected > unreadFrom) unreadFrom = expected;
      count++;
    }
    return count;
  }

  /** @param seen the names of the unknown fields of this value */
  #skipUnknown(json: JsonScanner, name: string, seen = new Set<string>()): Set<string> {
    if (seen.has(name)) throw new DataError('duplicate-key');
    json.expect(COLON);
    json.skipValue();
    this.unknownFields++;
    const shown = name.slice(0, MAX_NAME_LENGTH);
    if (this.#reported.size < MAX_NAMES && !this.#reported.has(shown)) {
      this.#reported.add(shown);
      this.#onUnknownField(shown);
    }
    return seen.add(name);
  }
}

/** From JSON, because objects so made stay fast with many fields, and so do their copies. */
function undefinedFields(schema: RecordSchema): Record<string, undefined> {
  const names = schema.fields.map((field) => field.name);
  const record = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Record<
    string,
    undefined
  >;
  for (const name of names) record[name] = undefined;
  return record;
}

/** The rows of the table: a JSON token each. */
function readValue(json: JsonScanner, rule: FieldRule): FieldValue {
  const byte = json.peek();
  if (byte === QUOTE) return fromString(json, rule);
  if (startsNumber(byte)) return fromNumber(json, rule, json.readNumber());
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return json.fail('wrong-type');
  if (json.take(words.null)) return rule.nullable ? null : json.fail('null');
  if (json.take(words.true)) return rule.kind === 'boolean' || json.fail('wrong-type');
  json.expectWord(words.false);
  return rule.kind === 'boolean' ? false : json.fail('wrong-type');
}

function fromString(json: JsonScanner, rule: FieldRule): FieldValue {
  if (rule.kind === 'timestamp-millis') {
    const instant = json.readInstant();
    return typeof instant === 'number' ? inRange(json, rule, instant) : json.fail(instant);
  }
  const text = json.readString();
  switch (rule.kind) {
    case 'string':
      return text;
    case 'uuid':
      return uuidFrom(json, text);
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : json.fail('not-a-boolean'));
    default:
      return isJsonNumber(text) ? fromNumber(json, rule, text) : json.fail('not-a-number');
  }
}

/** @param text the number as it is written */
function fromNumber(json: JsonScanner, rule: FieldRule, text: string): FieldValue {
  switch (rule.kind) {
    case 'string':
      return text;
    case 'int':
    case 'timestamp-millis':
      return inRange(json, rule, plainInteger(text) ?? Number(integerFrom(json, text)));
    case 'long':
      return inRange(json, rule, integerFrom(json, text));
    case 'float':
      return inRange(json, rule, finite(json, Math.fround(Number(text))));
    case 'double':
      return inRange(json, rule, finite(json, Number(text)));
    case 'boolean':
    case 'uuid':
      return json.fail('wrong-type');
  }
}

function integerFrom(json: JsonScanner, text: string): bigint {
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

function uuidFrom(json: JsonScanner, text: string): string {
  if (isLowerCaseUuid(text)) return text;
  const lower = text.toLowerCase();
  return isLowerCaseUuid(lower) ? lower : json.fail('bad-uuid');
}
