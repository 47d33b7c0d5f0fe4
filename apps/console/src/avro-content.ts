import { AvroTap, DataError } from '@sluice/record-schema';
import type {
  ContentSchema,
  EnumNode,
  FixedNode,
  ScalarNode,
  SchemaNode,
  UnionNode,
} from './content-schema.ts';
import type { ContentText } from './content-text.ts';
import { uuid } from './json-content.ts';

/** `silent`: below what is masked, where nothing is written. */
type Shown = 'all' | 'public' | 'masked' | 'silent';

interface Level {
  readonly node: Extract<SchemaNode, { kind: 'record' | 'array' | 'map' }>;
  readonly shown: Shown;
  /** Of a record: the fields that were read. Of an array or map: what is left of the block. */
  count: number;
}

export interface AvroOptions {
  readonly schema: ContentSchema;
  readonly reveal: boolean;
  readonly maxDepth: number;
  /** Values that are read at most: some take no byte, so that a few bytes announce any number of them. */
  readonly maxValues: number;
}

/** Values that are read in one go where none of them is written. */
const silentValues = 20_000;

/**
 * Writes a value in Avro's binary encoding as text, step by step, by the schema that it was written with; what that does not say
 * is public is masked. Without logical types: what is stored is shown, not what it means. Longs are exact, bytes are hex.
 */
export class AvroContent {
  readonly #tap = new AvroTap();
  readonly #out: ContentText;
  readonly #options: AvroOptions;
  readonly #levels: Level[] = [];
  #values = 0;
  #isOver = false;

  /** @param from where the value begins */
  constructor(bytes: Buffer, from: number, out: ContentText, options: AvroOptions) {
    this.#tap.begin(bytes, from);
    this.#out = out;
    this.#options = options;
  }

  /**
   * Writes about so many bytes more; true once nothing follows, or the text is cut.
   *
   * @throws DataError where the bytes are not what the schema says
   */
  run(bytes: number): boolean {
    const until = this.#out.length + bytes;
    const lastValue = this.#values + silentValues;
    while (!this.#isOver && !this.#out.isCut && this.#out.length < until && this.#values < lastValue)
      this.#step();
    return this.#isOver || this.#out.isCut;
  }

  #step(): void {
    const level = this.#levels.at(-1);
    if (!level) {
      const { schema, reveal } = this.#options;
      this.#value(schema.node, reveal ? 'all' : schema.isPublic ? 'public' : 'masked');
    } else if (level.node.kind === 'record') this.#field(level, level.node);
    else this.#item(level, level.node);
    if (this.#levels.length > 0) return;
    if (!this.#tap.isAtEnd) throw new DataError('trailing-bytes');
    this.#isOver = true;
  }

  #field(level: Level, { fields }: Extract<SchemaNode, { kind: 'record' }>): void {
    const field = fields[level.count];
    if (!field) {
      this.#close(level, '}');
      return;
    }
    level.count += 1;
    if (level.shown === 'silent') {
      this.#value(field.node, 'silent');
      return;
    }
    this.#out.key(field.name);
    this.#value(field.node, level.shown === 'all' || field.isPublic ? level.shown : 'masked');
  }

  #item(level: Level, node: Extract<SchemaNode, { kind: 'array' | 'map' }>): void {
    if (level.count === 0) {
      level.count = this.#block();
      if (level.count === 0) {
        this.#close(level, node.kind === 'map' ? '}' : ']');
        return;
      }
    }
    level.count -= 1;
    if (node.kind === 'array') {
      this.#value(node.items, level.shown);
      return;
    }
    const key = this.#tap.readString();
    if (level.shown !== 'silent') this.#out.key(key);
    this.#value(node.values, level.shown);
  }

  /** Items of the next block; 0 at the end. */
  #block(): number {
    const count = this.#tap.readLong();
    // a negative count is followed by the size of the block
    if (count < 0) this.#tap.skipLong();
    return Math.abs(count);
  }

  #close({ shown }: Level, bracket: '}' | ']'): void {
    this.#levels.pop();
    if (shown !== 'silent') this.#out.close(bracket);
  }

  #value(given: SchemaNode, shown: Shown): void {
    this.#values += 1;
    if (this.#values > this.#options.maxValues) {
      this.#out.isCut = true;
      return;
    }
    const node = given.kind === 'union' ? this.#branch(given.branches) : given;
    if (node.kind === 'record' || node.kind === 'array' || node.kind === 'map') {
      this.#open(node, shown);
      return;
    }
    const [text, isString] = this.#scalar(node);
    if (shown === 'silent') return;
    const isOther = shown === 'public' && node.kind === 'string' && node.isUuid && !uuid.test(text);
    if ((shown === 'masked' && node.kind !== 'null') || isOther) this.#out.masked();
    else if (isString) this.#out.string(text);
    else this.#out.raw(text);
  }

  #open(node: Level['node'], shown: Shown): void {
    if (this.#levels.length >= this.#options.maxDepth) throw new DataError('too-deep');
    if (shown === 'masked') this.#out.masked();
    const isWritten = shown === 'all' || shown === 'public';
    if (isWritten) this.#out.open(node.kind === 'array' ? '[' : '{');
    this.#levels.push({ node, shown: isWritten ? shown : 'silent', count: 0 });
  }

  #branch(branches: UnionNode['branches']): UnionNode['branches'][number] {
    const branch = branches[this.#tap.readLong()];
    if (!branch) throw new DataError('bad-avro');
    return branch;
  }

  #scalar(node: ScalarNode | EnumNode | FixedNode): readonly [text: string, isString: boolean] {
    const tap = this.#tap;
    switch (node.kind) {
      case 'boolean':
        return [String(tap.readBoolean()), false];
      case 'int':
        return [String(tap.readInt()), false];
      case 'long':
        return [String(tap.unpackLongBytes()), false];
      case 'float':
        return [String(tap.readFloat()), false];
      case 'double':
        return [String(tap.readDouble()), false];
      case 'string':
        return [tap.readString(), true];
      case 'bytes':
        return [this.#hex(tap.readBytes()), true];
      case 'fixed':
        return [this.#hex(tap.readFixed(node.size)), true];
      case 'enum': {
        const symbol = node.symbols[tap.readLong()];
        if (symbol === undefined) throw new DataError('bad-avro');
        return [symbol, true];
      }
      case 'null':
        return ['null', false];
    }
  }

  /** Not of more bytes than the text can take. */
  #hex(bytes: Buffer): string {
    return bytes.toString('hex', 0, Math.min(bytes.length, this.#out.left));
  }
}
