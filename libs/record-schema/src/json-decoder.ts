import { DataError } from './errors.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, JsonScanner, OPEN_BRACE, OPEN_BRACKET } from './json-scanner.ts';
import { type ReadNested, readValue } from './json-values.ts';
import type { FieldValue, RecordSchema, RecordValue } from './schema.ts';
import { type FieldRule, fieldRule } from './value-rules.ts';

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

/**
 * A strict one-pass reader of JSON records. `JSON.parse` cannot do this: it takes the last of duplicate keys,
 * rounds long integers and forgets how a number was written. What each type takes from each JSON token is one
 * closed table, in README.md and in vectors/json-reading.json.
 */
export function jsonDecoder<T extends object = RecordValue>(
  schema: RecordSchema,
  options: JsonDecoderOptions = {},
): JsonDecoder<T> {
  return new RecordDecoder<T>(schema, options);
}

class RecordDecoder<T> implements JsonDecoder<T> {
  readonly #unknown: UnknownFields;
  readonly #reader: RecordReader;

  constructor(schema: RecordSchema, { onUnknownField = () => undefined }: JsonDecoderOptions) {
    this.#unknown = new UnknownFields(onUnknownField);
    this.#reader = new RecordReader(
      schema.fields.map((field) => fieldRule(field)),
      undefined,
      this.#unknown,
    );
  }

  get unknownFields(): number {
    return this.#unknown.count;
  }

  decode(value: Uint8Array): T {
    const json = new JsonScanner(value);
    if (json.peek() !== OPEN_BRACE) {
      json.skipValue();
      throw new DataError('not-an-object');
    }
    return this.#reader.readWhole(json) as T;
  }
}

/** Counts and tells of the fields that the schema does not have. */
class UnknownFields {
  count = 0;
  readonly #told = new Set<string>();
  readonly #tell: (name: string) => void;

  constructor(tell: (name: string) => void) {
    this.#tell = tell;
  }

  add(name: string): void {
    this.count++;
    const shown = name.slice(0, MAX_NAME_LENGTH);
    if (this.#told.size < MAX_NAMES && !this.#told.has(shown)) {
      this.#told.add(shown);
      this.#tell(shown);
    }
  }
}

interface FieldReader {
  readonly rule: FieldRule;
  /** The key as JSON.stringify writes it, quotes included. */
  readonly key: Uint8Array;
  readonly index: number;
  readonly readNested: ReadNested | undefined;
}

type UnfinishedRecord = Record<string, FieldValue | undefined>;

/** Reads the objects of one place: whole values, or the records of one field. */
class RecordReader {
  readonly #fields: readonly FieldReader[];
  readonly #byName: ReadonlyMap<string, FieldReader>;
  /** Every field, undefined: records are copies of it, so that all have one hidden class. */
  readonly #unread: Readonly<UnfinishedRecord>;
  /** The field that holds the record; undefined for the outermost. */
  readonly #path: string | undefined;
  readonly #unknown: UnknownFields;

  constructor(rules: readonly FieldRule[], path: string | undefined, unknown: UnknownFields) {
    this.#fields = rules.map((rule, index) => ({
      rule,
      key: Buffer.from(JSON.stringify(rule.name)),
      index,
      readNested: nestedReader(rule, unknown),
    }));
    this.#byName = new Map(
      this.#fields.flatMap((field) => [field.rule.name, ...field.rule.aliases].map((name) => [name, field])),
    );
    this.#unread = undefinedFields(rules);
    this.#path = path;
    this.#unknown = unknown;
  }

  /** Reads the value's only object, whose brace was peeked. */
  readWhole(json: JsonScanner): UnfinishedRecord {
    const record = { ...this.#unread };
    const count = this.#readFields(json, record);
    if (!json.isAtEnd()) throw new DataError('trailing-bytes');
    if (count < this.#fields.length) this.#fillAbsent(record);
    return record;
  }

  /** Reads an object inside the value, whose brace was peeked. */
  readInner(json: JsonScanner): RecordValue {
    const record = { ...this.#unread };
    if (this.#readFields(json, record) < this.#fields.length) this.#fillAbsent(record);
    return record as RecordValue;
  }

  #fillAbsent(record: UnfinishedRecord): void {
    for (const { rule } of this.#fields) {
      if (record[rule.name] !== undefined) continue;
      if (rule.whenAbsent === undefined) throw new DataError('missing', rule.path);
      record[rule.name] = rule.whenAbsent;
    }
  }

  /** @returns how many fields of the schema were there */
  #readFields(json: JsonScanner, record: UnfinishedRecord): number {
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
        throw new DataError('duplicate-key', rule.path);
      json.expect(COLON);
      json.field = rule.path;
      record[rule.name] = readValue(json, rule, field.readNested);
      json.field = this.#path;
      expected = index + 1;
      if (expected > unreadFrom) unreadFrom = expected;
      count++;
    }
    return count;
  }

  /** @param seen the names of the unknown fields of this object */
  #skipUnknown(json: JsonScanner, name: string, seen = new Set<string>()): Set<string> {
    if (seen.has(name)) throw new DataError('duplicate-key', this.#path);
    json.expect(COLON);
    json.skipValue();
    this.#unknown.add(name);
    return seen.add(name);
  }
}

function nestedReader(rule: FieldRule, unknown: UnknownFields): ReadNested | undefined {
  if (rule.kind === 'array') {
    const { items } = rule;
    const readItem = nestedReader(items, unknown);
    return (json, opening) =>
      opening === OPEN_BRACKET ? readItems(json, items, readItem) : json.fail('wrong-type');
  }
  if (rule.kind === 'record') {
    const reader = new RecordReader(rule.fields, rule.path, unknown);
    return (json, opening) => (opening === OPEN_BRACE ? reader.readInner(json) : json.fail('wrong-type'));
  }
  return undefined;
}

function readItems(json: JsonScanner, rule: FieldRule, readItem: ReadNested | undefined): FieldValue[] {
  const items: FieldValue[] = [];
  for (let more = json.open(CLOSE_BRACKET); more; more = json.next(CLOSE_BRACKET)) {
    items.push(readValue(json, rule, readItem));
  }
  return items;
}

/** From JSON, because objects so made stay fast with many fields, and so do their copies. */
function undefinedFields(fields: readonly FieldRule[]): Record<string, undefined> {
  const names = fields.map((field) => field.name);
  const record = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Record<
    string,
    undefined
  >;
  for (const name of names) record[name] = undefined;
  return record;
}
