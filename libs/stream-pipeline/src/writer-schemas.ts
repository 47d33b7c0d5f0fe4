import {
  type AvroDecoder,
  avroDecoder,
  DataError,
  type RecordSchema,
  SchemaError,
} from '@sluice/record-schema';
import { asFailure, RecordHeld } from './errors.ts';

/** Where the schemas are that messages were written with: a `SchemaRegistry` of @sluice/schema-registry is one. */
export interface SchemaSource {
  /** Rejects with a `code`; `schema-not-found` says that the registry answers, and has no schema of that id. */
  schemaById(id: number): Promise<{ readonly avsc: unknown; readonly references: readonly unknown[] }>;
}

export interface WriterSchemasOptions {
  readonly registry: SchemaSource;
  /** See `RecordDecoderOptions.unknownSchemaWaitMs`. */
  readonly unknownSchemaWaitMs: number;
  /** Hold messages of a schema of the same record that cannot be read, instead of refusing them: it may be a newer one. */
  readonly holdNewer: boolean;
  /** Told once of each field that messages of a schema have and `schema` has not. */
  readonly onUnknownFields: (names: readonly string[]) => void;
  /** Milliseconds since any moment; never goes back. */
  readonly now: () => number;
}

/** What is known of one schema id. */
type Entry<Message> =
  | { readonly state: 'read'; readonly decoder: AvroDecoder<Message> }
  | { readonly state: 'refused'; readonly error: DataError | RecordHeld; readonly until: number }
  | { readonly state: 'asked'; readonly answer: Promise<void>; readonly missingSince: number | undefined }
  | {
      readonly state: 'failed';
      readonly error: unknown;
      readonly at: number;
      readonly missingSince: number | undefined;
    };

/** How long a failed look-up stands before the registry is asked again, ms. */
const failureMs = 500;
/** How long an id that the registry does not know is refused before it is asked again, ms: it may have been restored. */
const refusalMs = 60_000;
/** Ids come from the data: more of them than this are forgotten, and asked for again. */
const maxIds = 10_000;

/** Errors of the registry's client that say of the schema itself that it can never be read. */
const unreadable = new Set(['not-avro', 'reference-cycle']);

/**
 * A decoder for each schema that messages were written with, from the registry by the id in the message: one look-up an id.
 * Never waits: a message whose schema is not at hand is held, and decoded again later.
 */
export class WriterSchemas<Message extends object> {
  readonly #schema: RecordSchema;
  readonly #options: WriterSchemasOptions;
  readonly #entries = new Map<number, Entry<Message>>();

  constructor(schema: RecordSchema, options: WriterSchemasOptions) {
    this.#schema = schema;
    this.#options = options;
  }

  /**
   * @throws RecordHeld while the schema is looked up, the registry is away or does not know the id yet, and with `holdNewer`
   * @throws DataError `unknown-schema`, `incompatible-schema`
   */
  decoderOf(id: number): AvroDecoder<Message> {
    const entry = this.#entries.get(id);
    switch (entry?.state) {
      case 'read':
        return entry.decoder;
      case 'refused':
        if (this.#options.now() < entry.until) throw entry.error;
        break;
      case 'asked':
        throw lookingUp(id, entry.answer);
      case 'failed':
        if (this.#options.now() < entry.at + failureMs) throw heldBy(id, entry.error);
    }
    const answer = this.#ask(id, entry?.state === 'failed' ? entry.missingSince : undefined);
    throw lookingUp(id, answer);
  }

  #ask(id: number, missingSince: number | undefined): Promise<void> {
    const { registry, now } = this.#options;
    const answer = registry.schemaById(id).then(
      (writer) => {
        this.#set(id, this.#entryOf(id, writer));
      },
      (error: unknown) => {
        const { code } = asFailure(error);
        this.#set(
          id,
          unreadable.has(code)
            ? refused('incompatible-schema', Infinity, { id, why: code, cause: error })
            : this.#failed(id, error, code === 'schema-not-found' ? (missingSince ?? now()) : undefined),
        );
      },
    );
    this.#set(id, { state: 'asked', answer, missingSince });
    return answer;
  }

  #failed(id: number, error: unknown, missingSince: number | undefined): Entry<Message> {
    const { now, unknownSchemaWaitMs } = this.#options;
    const at = now();
    return missingSince !== undefined && at - missingSince >= unknownSchemaWaitMs
      ? refused('unknown-schema', at + refusalMs, { id, why: 'schema-not-found', cause: error })
      : { state: 'failed', error, at, missingSince };
  }

  #entryOf(id: number, writer: Awaited<ReturnType<SchemaSource['schemaById']>>): Entry<Message> {
    try {
      const decoder = avroDecoder<Message>(this.#schema, writer);
      if (decoder.unknownFields.length > 0) this.#options.onUnknownFields(decoder.unknownFields);
      return { state: 'read', decoder };
    } catch (error) {
      // any other error is a fault of this program, which no record should pay for
      if (!(error instanceof SchemaError)) return this.#failed(id, error, undefined);
      return this.#options.holdNewer && nameOf(writer.avsc) === this.#schema.name
        ? { state: 'refused', error: newerSchema(error), until: Infinity }
        : refused('incompatible-schema', Infinity, { id, why: error.message, cause: error });
    }
  }

  #set(id: number, entry: Entry<Message>): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    if (this.#entries.size <= maxIds) return;
    for (const [oldest, { state }] of this.#entries) {
      if (state === 'asked' || oldest === id) continue;
      this.#entries.delete(oldest);
      return;
    }
  }
}

function refused(
  reason: 'unknown-schema' | 'incompatible-schema',
  until: number,
  { id, why, cause }: { readonly id: number; readonly why: string; readonly cause: unknown },
): { readonly state: 'refused'; readonly error: DataError; readonly until: number } {
  // `why` is of the schema or the registry's code, never of the record; the registry's message has its address
  const error = new DataError(reason, undefined, { detail: `schema ${id}: ${why}`, cause });
  return { state: 'refused', error, until };
}

/** Of a record's schema, without its namespace. */
function nameOf(avsc: unknown): string | undefined {
  if (typeof avsc !== 'object' || avsc === null || !('name' in avsc)) return undefined;
  return String(avsc.name).split('.').at(-1);
}

function newerSchema(cause: SchemaError): RecordHeld {
  const message = `a message was written with a schema that this version cannot read (${cause.message}); start a version that can`;
  return new RecordHeld('incompatible-schema', message, { cause });
}

function lookingUp(id: number, answer: Promise<void>): RecordHeld {
  return new RecordHeld('schema-lookup', `schema ${id} is being looked up`, { until: answer });
}

function heldBy(id: number, error: unknown): RecordHeld {
  const { code, message } = asFailure(error);
  const reason = code === 'schema-not-found' ? 'unknown-schema' : `registry-${code}`;
  return new RecordHeld(reason, `schema ${id} cannot be looked up: ${message}`, { cause: error });
}
