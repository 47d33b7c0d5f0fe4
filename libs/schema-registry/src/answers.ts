import { RegistryError } from './errors.ts';
import { badAnswer } from './refusal.ts';
import type { Answer } from './transport.ts';

/** A schema that another one refers to by name. */
export interface SchemaReference {
  /** The full name by which the referring schema uses it. */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as the registry gives it, with what it refers to by place. */
export interface StoredSchema {
  readonly avsc: unknown;
  readonly references: readonly SchemaReference[];
}

export type Fields = Readonly<Record<string, unknown>>;

export function readFields(answer: Answer): Fields {
  if (isFields(answer.json)) return answer.json;
  throw badAnswer(answer, 'no JSON object');
}

export function readNumber(answer: Answer, name: string): number {
  const value = readFields(answer)[name];
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw badAnswer(answer, `without the number ${name}`);
}

export function readList<T>(answer: Answer, isItem: (item: unknown) => item is T): readonly T[] {
  if (Array.isArray(answer.json) && answer.json.every(isItem)) return answer.json;
  throw badAnswer(answer, 'not the list that was asked for');
}

/** @throws RegistryError `bad-answer`, `not-avro` */
export function readSchema(answer: Answer): StoredSchema {
  const { schema, schemaType = 'AVRO', references = [] } = readFields(answer);
  if (schemaType !== 'AVRO') {
    throw new RegistryError(
      'not-avro',
      `${answer.call.url} is a schema of type ${String(schemaType)}, not AVRO`,
    );
  }
  if (typeof schema !== 'string') throw badAnswer(answer, 'without a schema');
  if (!Array.isArray(references) || !references.every(isReference)) {
    throw badAnswer(answer, 'with references that have no name, subject and version');
  }
  return { avsc: parseAvsc(answer, schema), references };
}

function parseAvsc(answer: Answer, schema: string): unknown {
  try {
    return JSON.parse(schema);
  } catch {
    // Avro lets a schema be the bare name of a type, and Confluent's registry stores one so.
    if (/^[A-Za-z_][\w.]*$/.test(schema)) return schema;
    throw badAnswer(answer, 'with a schema that is not JSON');
  }
}

function isReference(value: unknown): value is SchemaReference {
  if (!isFields(value)) return false;
  const { name, subject, version } = value;
  return typeof name === 'string' && typeof subject === 'string' && Number.isInteger(version);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
