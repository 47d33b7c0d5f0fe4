import { SchemaError } from './errors.ts';
import { type FieldType, type RecordSchema } from './schema.ts';

/**
 * TypeScript source for a schema: `export interface <Name>` with a docstring a field, as the decoder gives
 * records and the encoder takes them, and `export const <name>Avsc`, the schema's JSON, so that nothing reads
 * a file at run time.
 *
 * @throws {@link SchemaError} for a field whose values have no JavaScript type yet
 */
export function renderTypeScript(schema: RecordSchema): string {
  const constant = `${schema.name.charAt(0).toLowerCase()}${schema.name.slice(1)}Avsc`;
  const lines = [...docstring(schema.doc, ''), `export interface ${schema.name} {`];
  for (const { name, type, nullable, doc } of schema.fields) {
    lines.push(
      ...docstring(doc, '  '),
      `  readonly ${name}: ${typeOf(type, name)}${nullable ? ' | null' : ''};`,
    );
  }
  lines.push('}', '', `/** The Avro schema of {@link ${schema.name}}. */`);
  lines.push(`export const ${constant} = ${JSON.stringify(schema.avsc, null, 2)} as const;`, '');
  return lines.join('\n');
}

function docstring(doc: string | undefined, indent: string): string[] {
  return doc === undefined ? [] : [`${indent}/** ${doc.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */`];
}

function typeOf({ kind }: FieldType, field: string): string {
  switch (kind) {
    case 'string':
    case 'uuid':
      return 'string';
    case 'int':
    case 'float':
    case 'double':
    case 'timestamp-millis':
      return 'number';
    case 'long':
      return 'bigint';
    case 'boolean':
      return 'boolean';
    case 'bytes':
      return 'Buffer';
    default:
      throw new SchemaError(`type ${kind} has no JavaScript type yet; use another type`, { field });
  }
}
