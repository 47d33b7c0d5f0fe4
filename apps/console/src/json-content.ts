import { DataError, JsonScanner } from '@sluice/record-schema';
import type { ContentSchema, SchemaNode } from './content-schema.ts';
import type { ContentText } from './content-text.ts';

const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;
const [yes, no, nothing] = ['true', 'false', 'null'].map((word) => Buffer.from(word)) as [
  Buffer,
  Buffer,
  Buffer,
];

/** What may be shown at a place: all of it, what the type says, or nothing. */
type Shown = 'all' | SchemaNode | undefined;

interface Level {
  readonly isObject: boolean;
  /** Of the items of an array and the values of a map. */
  readonly inside: Shown;
  /** Of an object that is a record: each member by its name. */
  readonly record: Extract<SchemaNode, { kind: 'record' }> | undefined;
}

export interface JsonOptions {
  /** What the value should be: without one everything is masked. */
  readonly schema: ContentSchema | undefined;
  readonly reveal: boolean;
  readonly maxDepth: number;
}

/** Writes a JSON value as text, step by step, numbers in their digits; what its schema does not say is public is masked. */
export class JsonContent {
  readonly #json: JsonScanner;
  readonly #out: ContentText;
  readonly #maxDepth: number;
  readonly #root: Shown;
  readonly #levels: Level[] = [];
  #isOver = false;

  /** @throws DataError where the bytes are no UTF-8 text */
  constructor(bytes: Buffer, out: ContentText, { schema, reveal, maxDepth }: JsonOptions) {
    this.#json = new JsonScanner(bytes);
    this.#out = out;
    this.#maxDepth = maxDepth;
    this.#root = reveal ? 'all' : schema?.isPublic === true ? schema.node : undefined;
  }

  /**
   * Writes about so many bytes more; true once nothing follows, or the text is cut.
   *
   * @throws DataError at the first fault
   */
  run(bytes: number): boolean {
    const until = this.#out.length + bytes;
    while (!this.#isOver && !this.#out.isCut && this.#out.length < until) {
      const level = this.#levels.at(-1);
      if (!this.#value(level ? this.#member(level) : this.#root)) this.#goOn();
    }
    return this.#isOver || this.#out.isCut;
  }

  /** Reads what stands before a value inside of something. */
  #member({ isObject, inside, record }: Level): Shown {
    if (!isObject) return inside;
    const name = this.#json.readKey();
    this.#json.expect(colon);
    if (!record) {
      this.#out.key(name);
      return inside;
    }
    const field = record.byName.get(name);
    if (field) this.#out.key(name);
    else this.#out.maskedKey();
    return field?.isPublic === true ? field.node : undefined;
  }

  /** @returns whether it has members, which follow */
  #value(shown: Shown): boolean {
    const json = this.#json;
    const byte = json.peek();
    if (json.take(nothing)) this.#out.raw('null');
    else if (byte === openBrace || byte === openBracket) return this.#container(byte === openBrace, shown);
    else if (byte === quote) this.#text(json.readString(), shown, true);
    else if (json.take(yes)) this.#text('true', shown, false);
    else if (json.take(no)) this.#text('false', shown, false);
    else this.#text(json.readNumber(), shown, false);
    return false;
  }

  #text(text: string, shown: Shown, isString: boolean): void {
    if (shown === undefined || (shown !== 'all' && !isOfType(text, shown, isString))) this.#out.masked();
    else if (isString) this.#out.string(text);
    else this.#out.raw(text);
  }

  #container(isObject: boolean, shown: Shown): boolean {
    const level = levelOf(isObject, shown);
    if (!level) {
      this.#json.skipValue(this.#levels.length);
      this.#out.masked();
      return false;
    }
    if (this.#levels.length >= this.#maxDepth) throw new DataError('too-deep');
    this.#out.open(isObject ? '{' : '[');
    if (this.#json.open(isObject ? closeBrace : closeBracket)) {
      this.#levels.push(level);
      return true;
    }
    this.#out.close(isObject ? '}' : ']');
    return false;
  }

  /** After a value: to the next one, out of what ends here. */
  #goOn(): void {
    for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
      if (this.#json.next(level.isObject ? closeBrace : closeBracket)) return;
      this.#levels.pop();
      this.#out.close(level.isObject ? '}' : ']');
    }
    if (!this.#json.isAtEnd()) throw new DataError('trailing-bytes');
    this.#isOver = true;
  }
}

/** How the members of an object or array are shown; undefined where none may be. */
function levelOf(isObject: boolean, shown: Shown): Level | undefined {
  if (shown === undefined) return undefined;
  if (shown === 'all') return { isObject, inside: 'all', record: undefined };
  for (const node of branchesOf(shown)) {
    if (isObject && node.kind === 'record') return { isObject, inside: undefined, record: node };
    if (isObject && node.kind === 'map') return { isObject, inside: node.values, record: undefined };
    if (!isObject && node.kind === 'array') return { isObject, inside: node.items, record: undefined };
  }
  return undefined;
}

export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A number or an instant as text, which readers take for one. */
const numeric = /^[-+0-9.:TZeE ]{1,40}$/;

/** Whether a text, or another token, is of the type whose values may be shown: what stands in its place may be anything. */
export function isOfType(text: string, shown: SchemaNode, isString = true): boolean {
  return branchesOf(shown).some((node) => {
    switch (node.kind) {
      case 'string':
        return isString && (!node.isUuid || uuid.test(text));
      case 'bytes':
      case 'fixed':
        return isString;
      case 'enum':
        return node.symbols.includes(text);
      case 'boolean':
        return text === 'true' || text === 'false';
      case 'int':
      case 'long':
      case 'float':
      case 'double':
        return numeric.test(text);
      default:
        return false;
    }
  });
}

function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.kind === 'union' ? node.branches : [node];
}
