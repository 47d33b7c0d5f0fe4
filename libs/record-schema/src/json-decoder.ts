import { DataError } from './errors.ts';
import { parseInstant } from './instant.ts';
import { exactInteger, isJsonNumber } from './json-number.ts';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
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
}

/**
 * A strict one-pass reader of JSON records. `JSON.parse` cannot do this: it takes the last of duplicate keys,
 * rounds long integers and forgets how a number was written. What each type takes from each JSON token is one
 * closed table, in README.md and in vectors/json-reading.json.
 *
 * @throws SchemaError for a field whose values cannot be read
 */
export function jsonDecoder<T = RecordValue>(
  schema: RecordSchema,
  options: JsonDecoderOptions = {},
): JsonDecoder<T> {
  return new RecordDecoder<T>(schema, options);
}

class RecordDecoder<T> implements JsonDecoder<T> {
  unknownFields = 0;
  readonly #fields: readonly FieldReader[];
  readonly #byName: ReadonlyMap<string, number>;
  /** Every field, undefined: records are copies of it, so that all have one hidden class. */
  readonly #unread: Readonly<Record<string, FieldValue | undefined>>;
  readonly #reported = new Set<string>();
  readonly #onUnknownField: (name: string) => void;

  constructor(schema: RecordSchema, { onUnknownField = () => undefined }: JsonDecoderOptions) {
    this.#fields = schema.fields.map((field) => ({
      rule: fieldRule(field),
      key: Buffer.from(JSON.stringify(field.name)),
    }));
    this.#byName = new Map(schema.fields.map((field, index) => [field.name, index]));
    this.#unread = undefinedFields(schema);
    this.#onUnknownField = onUnknownField;
  }

  decode(value: Uint8Array): T {
    const json = new JsonScanner(value);
    const record = { ...this.#unread };
    this.#readFields(json, record);
    if (!json.isAtEnd()) throw new DataError('trailing-bytes');
    for (const { rule } of this.#fields) {
      if (record[rule.name] !== undefined) continue;
      if (rule.whenAbsent === undefined) throw new DataError('missing', rule.name);
      record[rule.name] = rule.whenAbsent;
    }
    return record as T;
  }

  #readFields(json: JsonScanner, record: Record<string, FieldValue | undefined>): void {
    const fields = this.#fields;
    let unknown: Set<string> | undefined;
    let expected = 0;

    openObject(json);
    if (json.peek() === CLOSE_BRACE) return json.advance();
    for (;;) {
      if (json.peek() !== QUOTE) json.malformed();
      // Writers keep the order of the schema: compare with the next key before reading one.
      let index = expected;
      let field = fields[index];
      if (field === undefined || !json.take(field.key)) {
        const name = json.readString();
        index = this.#byName.get(name) ?? -1;
        field = fields[index];
        if (field === undefined) {
          unknown ??= new Set();
          if (unknown.has(name)) throw new DataError('duplicate-key');
          unknown.add(name);
          this.#skipUnknown(json, name);
        }
      }
      if (field !== undefined) {
        const { rule } = field;
        if (record[rule.name] !== undefined) throw new DataError('duplicate-key', rule.name);
        json.expect(COLON);
        json.field = rule.name;
        record[rule.name] = readValue(json, rule);
        json.field = undefined;
        expected = index + 1;
      }
      if (json.peek() !== COMMA) break;
      json.advance();
    }
    json.expect(CLOSE_BRACE);
  }

  #skipUnknown(json: JsonScanner, name: string): void {
    json.expect(COLON);
    json.skipValue();
    this.unknownFields++;
    const shown = name.slice(0, MAX_NAME_LENGTH);
    if (this.#reported.size >= MAX_NAMES || this.#reported.has(shown)) return;
    this.#reported.add(shown);
    this.#onUnknownField(shown);
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

function openObject(json: JsonScanner): void {
  const byte = json.peek();
  if (byte !== OPEN_BRACE) {
    json.skipValue();
    throw new DataError('not-an-object');
  }
  json.advance();
}

/** The rows of the table: a JSON token each. */
function readValue(json: JsonScanner, rule: FieldRule): FieldValue {
  const byte = json.peek();
  if (byte === QUOTE) return fromString(json, rule, json.readString());
  if (startsNumber(byte)) return fromNumber(json, rule, json.readNumber());
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return json.fail('wrong-type');
  if (json.take(words.null)) return rule.nullable ? null : json.fail('null');
  if (json.take(words.true)) return rule.kind === 'boolean' || json.fail('wrong-type');
  json.expectWord(words.false);
  return rule.kind === 'boolean' ? false : json.fail('wrong-type');
}

function fromString(json: JsonScanner, rule: FieldRule, text: string): FieldValue {
  switch (rule.kind) {
    case 'string':
      return text;
    case 'uuid':
      return uuidFrom(json, text);
    case 'timestamp-millis': {
      const instant = parseInstant(text);
      return typeof instant === 'number' ? inRange(json, rule, instant) : json.fail(instant);
    }
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
      return inRange(json, rule, Number(integerFrom(json, text)));
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
  return text.length === 36 && isLowerCaseUuid(lower) ? lower : json.fail('bad-uuid');
}
