import { isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { DataError } from '@sluice/record-schema';
import { AvroContent } from './avro-content.ts';
import type { ContentSchema } from './content-schema.ts';
import { ContentText, mask } from './content-text.ts';
import type { Content } from './contract/topics.ts';
import { JsonContent } from './json-content.ts';

/** What one key, value or header may cost. */
export interface ContentLimits {
  /** Larger ones are not decoded. */
  readonly inputBytes: number;
  /** Bytes of text (UTF-8), after which it is cut. */
  readonly textBytes: number;
  /** Values of Avro, some of which take no byte. */
  readonly values: number;
  /** Work on it, ms, after which it is cut. */
  readonly ms: number;
}

export interface ContentOptions {
  readonly limits: ContentLimits;
  /** Show what is personal. */
  readonly reveal: boolean;
  /** On one line, for being searched. Default: indented. */
  readonly compact?: boolean;
  /** What JSON should be. Default: not known, and all of it is masked. */
  readonly json?: ContentSchema | undefined;
  /** The schema that a value in the wire format of a registry names, or why there is none. Default: no registry is configured. */
  readonly avro?: ContentSchema | { readonly problem: string } | undefined;
  /** Clock, ms. Default: performance.now. */
  readonly now?: () => number;
}

export type DecodedContent = Omit<Content, 'bytes'>;

/** Nesting of a value: as deep as the writers read it. */
const maxDepth = 64;
/** Bytes before the Avro in the wire format of a registry: a zero, and the schema's id. */
const frameBytes = 5;
/** Text that is written before others get their turn, bytes: a few milliseconds of work. */
const sliceBytes = 32 * 1024;
/** Of bytes that are shown in hex. */
const hexBytes = 64 * 1024;

const whole = { cut: false, masked: false, schemaId: null, undecodable: null };

/**
 * A value as people read it: JSON and Avro as text, the rest as hex with the reason; what is personal is masked. It is bounded in
 * depth, text and time whatever the bytes are, and throws nothing.
 */
export function readContent(bytes: Buffer | null, options: ContentOptions): DecodedContent {
  const reading = new ContentReading(bytes, options);
  while (!reading.run());
  return reading.result;
}

/** The same in slices, so that others get their turn between them. */
export class ContentReading {
  readonly #bytes: Buffer;
  readonly #options: ContentOptions;
  readonly #out: ContentText;
  readonly #isAvro: boolean;
  #steps: AvroContent | JsonContent | undefined;
  #result: DecodedContent | undefined;
  #ms = 0;

  constructor(bytes: Buffer | null, options: ContentOptions) {
    this.#bytes = bytes ?? Buffer.alloc(0);
    this.#options = options;
    this.#out = new ContentText({
      maxBytes: options.limits.textBytes,
      compact: options.compact ?? false,
    });
    this.#isAvro = bytes?.[0] === 0;
    if (bytes === null) this.#result = { ...whole, format: 'null', text: '' };
    else if (bytes.length > options.limits.inputBytes) this.#result = this.#unread();
    else this.#try(() => (this.#steps = this.#begin()));
  }

  /** Of bytes that were read to their end. */
  get result(): DecodedContent {
    if (!this.#result) throw new Error('the content is not read to its end');
    return this.#result;
  }

  /** One slice of the work; true once it is done. */
  run(): boolean {
    const { limits, now = performance.now.bind(performance) } = this.#options;
    const steps = this.#steps;
    if (this.#result || !steps) return true;
    const began = now();
    this.#try(() => {
      if (steps.run(sliceBytes)) this.#result = this.#decoded();
    });
    this.#ms += now() - began;
    if (!this.#result && this.#ms > limits.ms) {
      this.#out.isCut = true;
      this.#result = this.#decoded();
    }
    return this.#result !== undefined;
  }

  #begin(): AvroContent | JsonContent | undefined {
    const { json, avro, reveal, limits } = this.#options;
    if (!this.#isAvro) {
      if (isUtf8(this.#bytes))
        return new JsonContent(this.#bytes, this.#out, { schema: json, reveal, maxDepth });
      this.#result = this.#undecoded('neither UTF-8 text nor in the wire format of a registry');
    } else if (this.#bytes.length < frameBytes)
      this.#result = this.#undecoded('too short for the wire format of a registry');
    else if (!avro) this.#result = this.#undecoded('it names a schema, and no registry is configured');
    else if ('problem' in avro) this.#result = this.#undecoded(avro.problem);
    else {
      const options = { schema: avro, reveal, maxDepth, maxValues: limits.values };
      return new AvroContent(this.#bytes, frameBytes, this.#out, options);
    }
    return undefined;
  }

  /** Whatever the bytes make the decoder do is a fault of this value alone. */
  #try(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.#result = this.#undecoded(this.#reasonOf(error));
    }
  }

  /** Without values: errors of other classes may quote them. */
  #reasonOf(error: unknown): string {
    if (!(error instanceof DataError)) return 'it cannot be decoded';
    if (error.reason === 'too-deep') return `nested more than ${maxDepth} levels deep`;
    return this.#isAvro
      ? `the bytes are not what its schema says (${error.reason})`
      : `not JSON that the writers read (${error.reason})`;
  }

  #decoded(): DecodedContent {
    const { text, isCut: cut, isMasked: masked } = this.#out;
    const format = this.#isAvro ? 'avro' : 'json';
    return { ...whole, format, text, cut, masked, schemaId: this.#schemaId() };
  }

  /** Too large to be decoded here: what it seems to be. */
  #unread(): DecodedContent {
    const first = this.#bytes[0];
    const format = this.#isAvro ? 'avro' : first === 0x7b || first === 0x5b ? 'json' : 'binary';
    return { ...whole, format, text: '', cut: true, schemaId: this.#schemaId() };
  }

  /** As text or hex where it may be seen. */
  #undecoded(undecodable: string): DecodedContent {
    const rest = { schemaId: this.#schemaId(), undecodable };
    if (!this.#options.reveal) return { ...whole, ...rest, format: 'binary', text: mask, masked: true };
    const isText = !this.#isAvro && isUtf8(this.#bytes);
    return { ...whole, ...rest, ...plainText(this.#bytes, this.#options.limits.textBytes, isText) };
  }

  #schemaId(): number | null {
    return this.#isAvro ? schemaIdIn(this.#bytes) : null;
  }
}

/** Bytes as they are: text, else hex in pairs. */
export function plainText(
  bytes: Buffer,
  maxBytes: number,
  isText = isUtf8(bytes),
): Pick<DecodedContent, 'format' | 'text' | 'cut'> {
  if (isText) {
    const cut = bytes.length > maxBytes;
    // the decoder keeps back a character that is cut
    const text = cut ? new StringDecoder('utf8').write(bytes.subarray(0, maxBytes)) : bytes.toString('utf8');
    return { format: 'text', text, cut };
  }
  const shown = bytes.subarray(0, Math.min(hexBytes, Math.floor((maxBytes + 1) / 3)));
  const text = shown.toString('hex').replace(/..(?=.)/g, '$& ');
  return { format: 'binary', text, cut: shown.length < bytes.length };
}

/** The id of the schema that bytes in the wire format of a registry name; null of others. */
export function schemaIdIn(bytes: Buffer): number | null {
  return bytes[0] === 0 && bytes.length >= frameBytes ? bytes.readInt32BE(1) : null;
}
