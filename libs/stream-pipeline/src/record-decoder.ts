import { isUtf8 } from 'node:buffer';
import { earliestWriteTimestamp } from '@sluice/cassandra-repository';
import { type ConsumedRecord, lastHeader, type RecordHeaders, sluiceHeaders } from '@sluice/kafka-client';
import {
  DataError,
  type FieldValue,
  type JsonDecoder,
  jsonDecoder,
  type RecordSchema,
} from '@sluice/record-schema';
import { FramingError, schemaIdOf } from '@sluice/schema-registry';
import { PipelineError, RecordHeld, RecordRefusal } from './errors.ts';
import type { Decoded, RecordDecoder } from './options.ts';
import { type SchemaSource, WriterSchemas } from './writer-schemas.ts';

/** Where a record came from. For a redriven record: where it came from first. */
export interface RecordOrigin {
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface RecordDecoderOptions<Message, Row> {
  /**
   * The field whose value is the record's key, as text, and the primary key of the row. A record with a key other than its
   * value's is refused (`key-mismatch`); one without a key is accepted; a tombstone deletes the row of its key.
   */
  readonly key: keyof Message & keyof Row & string;
  /**
   * Headers to take into the message as text fields, as field to header: null where the record has no such header. Done
   * before `transform`. Default: none.
   */
  readonly headers?: Readonly<Partial<Record<keyof Message & string, string>>>;
  /**
   * Makes the row of a message; null leaves the record out. Pure. What it throws, refuses the record. Default: the message is
   * the row.
   */
  readonly transform?: (message: Message, origin: RecordOrigin) => Row | null;
  /** How far in the future a timestamp may lie, ms: one further ahead would shadow every later update. Default 1 h. */
  readonly maxClockSkewMs?: number;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
  /** Where the schemas of Avro messages are. Default: none, and such messages are refused (`no-registry`). */
  readonly registry?: SchemaSource | undefined;
  /**
   * How long a message waits for a schema that the registry does not know, ms, before it is refused (`unknown-schema`): a
   * replica of the registry may be behind. Default 5 s.
   */
  readonly unknownSchemaWaitMs?: number;
  /**
   * What becomes of a message with a field that the schema does not have. `ignore`: it is read without the field. `pause`: it is
   * held, and its partition with it, until a reader with a newer schema takes over; so is one whose schema cannot be read at all,
   * which is refused (`incompatible-schema`) otherwise. Default `ignore`.
   */
  readonly unknownFields?: 'ignore' | 'pause';
  /** Told of fields that the schema does not have, each name once. */
  readonly onUnknownField?: (name: string) => void;
}

/** First byte of a message in Confluent's wire format, which no JSON begins with. */
const framedMagic = 0;
/** Where the data of such a message begins. */
const frameBytes = 5;
/**
 * Where Confluent's HeaderSchemaIdSerializer puts the GUID of the schema; the value is the data alone then.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html
 */
const schemaIdHeader = '__value_schema_id';
/** Byte 0 and eight bytes of an id, as Apicurio's own serializers write it. */
const longFrameBytes = 9;

/**
 * Reads messages of a schema, in JSON or, by their first byte, in Avro with the id of the schema they were written with:
 * timestamps, value and key are checked in that order, and the first fault is the code of the dead letter.
 *
 * The write timestamp is the header `sluice.write-timestamp` where there is one, else the record's timestamp in
 * microseconds plus its offset modulo 1000, so that updates of one key within one millisecond keep their order. One below 10^13, as a
 * header in milliseconds gives, is refused (`bad-write-timestamp`).
 *
 * @throws PipelineError `bad-option` where `key` is no field of the schema
 */
export function recordDecoder<Message extends object, Row extends object = Message>(
  schema: RecordSchema,
  options: RecordDecoderOptions<Message, Row>,
): RecordDecoder<Row> {
  const {
    key,
    headers = {},
    transform,
    maxClockSkewMs = 3_600_000,
    now = Date.now,
    registry,
    unknownSchemaWaitMs = 5_000,
    unknownFields = 'ignore',
    onUnknownField = () => undefined,
  } = options;
  if (!schema.fields.some(({ name }) => name === key))
    throw new PipelineError(
      'bad-option',
      `key: the schema ${schema.name} has no field ${key}; it has ${schema.fields.map(({ name }) => name).join(', ')}`,
    );
  const keySchema: RecordSchema = { ...schema, fields: schema.fields.filter(({ name }) => name === key) };
  const json = jsonDecoder<Message>(schema, { onUnknownField });
  const told = new Set<string>();
  const onUnknownFields = (names: readonly string[]) => {
    for (const name of names) {
      if (!told.has(name)) onUnknownField(name);
      told.add(name);
    }
  };
  // not the wall clock, which may be set back: messages would be held until it has caught up
  const sinceStart = () => performance.now();
  const mayMiss = unknownFields === 'ignore';
  const writers =
    registry &&
    new WriterSchemas<Message>(schema, {
      registry,
      unknownSchemaWaitMs,
      holdNewer: !mayMiss,
      onUnknownFields,
      now: sinceStart,
    });
  const headerFields = Object.entries<string | undefined>(headers);
  const keys = jsonDecoder<Record<string, FieldValue>>(keySchema);

  /** Reads the key's text by the same rules as the field in a message. */
  const parseKey = (bytes: Buffer): FieldValue | undefined => {
    // decoding would put U+FFFD in its place, and make it the key of another row
    if (!isUtf8(bytes)) return undefined;
    try {
      return keys.decode(Buffer.from(JSON.stringify({ [key]: bytes.toString('utf8') })))[key];
    } catch (error) {
      if (error instanceof DataError) return undefined;
      throw error;
    }
  };

  const decode = (record: ConsumedRecord): Decoded<Row> => {
    const { key: recordKey, value, headers: recordHeaders } = record;
    const writeTimestamp = readWriteTimestamp(record, recordHeaders, (now() + maxClockSkewMs) * 1000);
    const origin = readOrigin(record, recordHeaders);
    const version = { writeTimestamp, offset: Number(origin.offset) };

    if (value === null) {
      const keyValue = recordKey === null ? undefined : parseKey(recordKey);
      if (keyValue === undefined || keyValue === null) throw new DataError('bad-key');
      return {
        kind: 'delete',
        identity: String(keyValue),
        version,
        key: { [key]: keyValue } as Partial<Row>,
      };
    }
    const message =
      value[0] === framedMagic
        ? decodeFramed(writers, value, recordHeaders, mayMiss)
        : decodeJson(json, value, recordHeaders, mayMiss);
    const keyText = String(message[key]);
    const sameText = recordKey !== null && isText(recordKey, keyText);
    if (recordKey !== null && !sameText && String(parseKey(recordKey)) !== keyText)
      throw new DataError('key-mismatch');
    // what is kept of a record until it is written: a part of the message's text would keep all of that
    const identity = sameText ? recordKey.toString('latin1') : copyOf(keyText);
    for (const [field, name] of headerFields)
      Object.assign(message, { [field]: textHeader(recordHeaders, name ?? field) });
    if (!transform) return { kind: 'upsert', identity, version, row: message as unknown as Row };
    const row = applyTransform(transform, message, origin);
    return row === null ? { kind: 'filtered' } : { kind: 'upsert', identity, version, row };
  };

  return {
    key,
    decode(record) {
      try {
        return decode(record);
      } catch (error) {
        if (error instanceof DataError) throw new RecordRefusal('decode', error.code, error.message, error);
        throw error;
      }
    },
  };
}

function decodeFramed<Message extends object>(
  writers: WriterSchemas<Message> | undefined,
  value: Buffer,
  headers: RecordHeaders,
  mayMiss: boolean,
): Message {
  // what is no id must not be looked up
  if (hasSchemaIdHeader(headers)) throw new DataError('schema-id-in-header');
  // no registry gives out id 0: these are the high bytes of a longer one
  if (value.length >= longFrameBytes && value.readInt32BE(1) === 0) throw new DataError('long-schema-id');
  if (!writers) throw new DataError('no-registry');
  const decoder = writers.decoderOf(idOf(value));
  if (decoder.unknownFields.length > 0 && !mayMiss) throw unknownFieldHeld(decoder.unknownFields.join(', '));
  return decoder.decode(value, frameBytes);
}

function idOf(value: Buffer): number {
  try {
    return schemaIdOf(value);
  } catch (error) {
    if (error instanceof FramingError) throw new DataError('short-frame', undefined, { cause: error });
    throw error;
  }
}

function hasSchemaIdHeader(headers: RecordHeaders): boolean {
  return headers.length > 0 && lastHeader(headers, schemaIdHeader) !== undefined;
}

function decodeJson<Message>(
  json: JsonDecoder<Message>,
  value: Buffer,
  headers: RecordHeaders,
  mayMiss: boolean,
): Message {
  const before = json.unknownFields;
  let message: Message;
  try {
    message = json.decode(value);
  } catch (error) {
    // JSON may have a schema id in a header, too; what is no JSON is data that only the schema could tell
    const isNoJson = error instanceof DataError && error.field === undefined;
    if (isNoJson && hasSchemaIdHeader(headers))
      throw new DataError('schema-id-in-header', undefined, { cause: error });
    throw error;
  }
  if (!mayMiss && json.unknownFields > before) throw unknownFieldHeld('see the log for its name');
  return message;
}

function unknownFieldHeld(names: string): RecordHeld {
  return new RecordHeld(
    'unknown-field',
    `a message has a field that the schema of this version does not have (${names}); start a version that has it`,
  );
}

function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Whether the bytes are that text, where it is ASCII; false says nothing. */
function isText(bytes: Buffer, text: string): boolean {
  if (bytes.length !== text.length) return false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f || byte !== text.charCodeAt(at)) return false;
  }
  return true;
}

function textHeader(headers: RecordHeaders, name: string): string | null {
  const value = lastHeader(headers, name) ?? null;
  if (value === null) return null;
  if (!isUtf8(value)) throw new RecordRefusal('decode', 'bad-header', `header ${name} is not UTF-8 text`);
  return value.toString('utf8');
}

function applyTransform<Message, Row>(
  transform: (message: Message, origin: RecordOrigin) => Row | null,
  message: Message,
  origin: RecordOrigin,
): Row | null {
  try {
    return transform(message, origin);
  } catch (error) {
    if (error instanceof DataError) throw new RecordRefusal('transform', error.code, error.message, error);
    // Its message may quote the record, so only its name is told.
    const name = error instanceof Error ? error.name : typeof error;
    throw new RecordRefusal('transform', 'transform-failed', `the transform threw ${name}`, error);
  }
}

function readWriteTimestamp(
  { timestamp, offset }: ConsumedRecord,
  headers: RecordHeaders,
  latest: number,
): number {
  if (timestamp < 0) throw new DataError('missing-timestamp');
  const header = decimalHeader(headers, sluiceHeaders.writeTimestamp);
  const writeTimestamp = header ?? timestamp * 1000 + (offset % 1000);
  // in milliseconds it would be older than every other version of its row
  if (writeTimestamp < earliestWriteTimestamp) throw new DataError('bad-write-timestamp');
  if (timestamp * 1000 > latest || writeTimestamp > latest) throw new DataError('future-timestamp');
  return writeTimestamp;
}

function readOrigin({ partition, offset, timestamp }: ConsumedRecord, headers: RecordHeaders): RecordOrigin {
  return {
    partition,
    offset: BigInt(decimalHeader(headers, sluiceHeaders.sourceOffset, Number.MAX_SAFE_INTEGER) ?? offset),
    timestamp: decimalHeader(headers, sluiceHeaders.eventTime, latestEventTime) ?? timestamp,
  };
}

/** 9999-12-31T23:59:59.999Z: columns of timestamps hold no later one in every client. */
const latestEventTime = 253_402_300_799_999;

/** A header that Sluice sets: ASCII digits, `greatest` at most. A record with a header of ours that is not so cannot be ordered. */
function decimalHeader(headers: RecordHeaders, name: string, greatest = Infinity): number | undefined {
  if (headers.length === 0) return undefined;
  const value = lastHeader(headers, name);
  if (value === undefined) return undefined;
  const number = value && decimal(value);
  // A write timestamp beyond 2^53 us, the year 2255, is not exact; the guard against future ones refuses it.
  if (number === null || number === undefined || number > greatest)
    throw new DataError('bad-write-timestamp');
  return number;
}

/** Of 1 to 19 ASCII digits. */
function decimal(bytes: Buffer): number | undefined {
  if (bytes.length === 0 || bytes.length > 19) return undefined;
  let number = 0;
  for (const byte of bytes) {
    if (byte < 0x30 || byte > 0x39) return undefined;
    number = number * 10 + (byte - 0x30);
  }
  return number;
}
