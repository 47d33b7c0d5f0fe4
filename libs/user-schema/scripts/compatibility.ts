import {
  avroDecoder,
  avroEncoder,
  cqlType,
  DataError,
  type DataErrorReason,
  type Field,
  type FieldValue,
  jsonDecoder,
  jsonEncoder,
  parseSchema,
  type RecordSchema,
  type RecordValue,
  SchemaError,
} from '@sluice/record-schema';

const GREATEST_FLOAT = 3.4028234663852886e38;

/** A version of the message that was released: messages of it may be in topics. */
export interface ReleasedVersion {
  /** As in `1`, the name of its file in avro/history. */
  readonly version: string;
  /** The Avro schema as parsed JSON. */
  readonly avsc: unknown;
}

/** One thing to know about the step from a released version. A problem has to be mended before the schema is used. */
export interface Finding {
  readonly severity: 'problem' | 'notice';
  readonly version: string;
  /** Undefined where the schema as a whole is meant. */
  readonly field: string | undefined;
  /** What is so, and what to do about it. */
  readonly message: string;
}

/**
 * What stands between a schema and the messages and tables of released versions, in their order: at most one problem a field
 * and version. It is found by doing: messages of each version, with the values at the edges of each field, are
 * written in both formats and read again with the schema as it is now.
 *
 * @throws SchemaError where a schema is not one that Sluice reads
 */
export function findings(avsc: unknown, released: readonly ReleasedVersion[]): readonly Finding[] {
  const now = parseSchema(avsc);
  return released.flatMap(({ version, avsc: releasedAvsc }): Finding[] => {
    const before = parseSchema(releasedAvsc);
    const problems = new Map<string | undefined, string>();
    for (const check of [columnProblems, defaultProblems, messageProblems])
      for (const [field, message] of check(before, now))
        // what names no field follows from what was found before
        if (!problems.has(field) && (field !== undefined || problems.size === 0))
          problems.set(field, message);
    const finding =
      (severity: Finding['severity']) =>
      ([field, message]: FieldMessage) => ({
        severity,
        version,
        field,
        message,
      });
    return [...[...problems].map(finding('problem')), ...[...notices(before, now)].map(finding('notice'))];
  });
}

type FieldMessage = readonly [field: string | undefined, message: string];

/** A column that is there keeps its type: Cassandra has no statement that changes it. */
function* columnProblems(before: RecordSchema, now: RecordSchema): Generator<FieldMessage> {
  for (const { name, type } of now.fields) {
    const was = before.fields.find((field) => field.name === name);
    if (was === undefined || cqlType(was.type) === cqlType(type)) continue;
    const change = `its column is ${cqlType(was.type)} and would become ${cqlType(type)}, which Cassandra cannot do`;
    yield [name, `${change}; keep the type and add a nullable field of the other type beside it`];
  }
}

const absent =
  'messages of this version do not have it; make it a union of null and its type, with null as the default';

/** Avro wants a default of every field that a message may lack, also of a nullable one (Avro 1.12, "Schema Resolution"). */
function* defaultProblems(before: RecordSchema, now: RecordSchema): Generator<FieldMessage> {
  for (const { name, aliases = [], ...field } of now.fields) {
    const wasThere = before.fields.some((was) => was.name === name || aliases.includes(was.name));
    if (!wasThere && field.default === undefined) yield [name, absent];
  }
}

function* messageProblems(before: RecordSchema, now: RecordSchema): Generator<FieldMessage> {
  const messages = [...edgeRecords(before)];
  const json = jsonEncoder(before);
  const jsonReader = jsonDecoder(now);
  for (const message of messages) yield* refusal(() => jsonReader.decode(json.encode(message)));
  try {
    const avro = avroEncoder(before);
    const avroReader = avroDecoder(now, { avsc: before.avsc });
    for (const message of messages) yield* refusal(() => avroReader.decode(avro.encode(message)));
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    yield [error.field, error.message];
  }
}

/** What is wrong with the schema that refuses a message; nothing where it reads it. */
function refusal(read: () => unknown): FieldMessage[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [[error.field, advice(error.reason)]];
  }
}

function advice(reason: DataErrorReason): string {
  switch (reason) {
    case 'missing':
      return absent;
    case 'null':
      return 'it is required, and messages of this version may hold null; keep it nullable';
    default:
      return `it refuses what messages of this version may hold (${reason}); allow that, or add a nullable field beside it`;
  }
}

function* notices(before: RecordSchema, now: RecordSchema): Generator<FieldMessage> {
  for (const { name } of before.fields) {
    if (now.fields.some((field) => field.name === name)) continue;
    const successor = now.fields.find(({ aliases }) => aliases?.includes(name));
    yield [name, successor === undefined ? removed : renamedTo(successor.name)];
  }
}

const removed =
  'removed: messages that have it are read without it; its column stays and keeps its values, until you drop it';

function renamedTo(name: string): string {
  return `renamed to ${name}: messages of both names are read; rows written before keep their value in the old column`;
}

/** Records with the values at the edges of each field, one at a time. */
function* edgeRecords({ fields }: RecordSchema): Generator<RecordValue> {
  const middle = Object.fromEntries(fields.map((field) => [field.name, edges(field)[0] ?? null]));
  yield middle;
  for (const field of fields)
    for (const edge of [...edges(field), ...(field.nullable ? [null] : [])])
      yield { ...middle, [field.name]: edge };
}

/** Values that a field may hold: the least and the greatest, or one of each sort. */
function edges({
  type,
  minimum,
  maximum,
}: Pick<Field, 'type' | 'minimum' | 'maximum'>): readonly FieldValue[] {
  switch (type.kind) {
    case 'string':
      return ['text', ''];
    case 'uuid':
      return ['00000000-0000-4000-8000-000000000000'];
    case 'int':
      return [minimum ?? -(2 ** 31), maximum ?? 2 ** 31 - 1];
    case 'long':
      return [BigInt(minimum ?? -(2n ** 63n)), BigInt(maximum ?? 2n ** 63n - 1n)];
    case 'float':
      return [minimum ?? -GREATEST_FLOAT, maximum ?? GREATEST_FLOAT].map(Math.fround);
    case 'double':
      return [minimum ?? -Number.MAX_VALUE, maximum ?? Number.MAX_VALUE];
    case 'boolean':
      return [false, true];
    case 'bytes':
      return [Buffer.of(0, 255), Buffer.of()];
    case 'timestamp-millis':
      return [Date.UTC(2000, 0), Date.UTC(9999, 11, 31)];
    case 'timestamp-micros':
      return [BigInt(Date.UTC(2000, 0)) * 1000n, BigInt(Date.UTC(9999, 11, 31)) * 1000n];
    case 'date':
      return ['0001-01-01', '9999-12-31'];
    case 'decimal': {
      const { precision, scale } = type;
      const digits = '9'.repeat(precision);
      const greatest = [digits.slice(0, precision - scale) || '0', digits.slice(precision - scale)]
        .filter(Boolean)
        .join('.');
      return [minimum?.toFixed(scale) ?? `-${greatest}`, maximum?.toFixed(scale) ?? greatest];
    }
    case 'enum':
      return type.symbols;
    case 'array':
      return [edges({ type: type.items }), []];
    case 'record':
      return [...edgeRecords(type.schema)];
  }
}
