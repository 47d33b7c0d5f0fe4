import type { FieldType, RecordSchema } from './schema.ts';

/**
 * TypeScript source for a schema: `export interface <Name>` with a docstring a field, as the decoder gives
 * records and the encoder takes them, the same for each record inside it, and `export const <name>Avsc`, the
 * schema's JSON, so that nothing reads a file at run time.
 */
export function renderTypeScript(schema: RecordSchema): string {
  const constant = `${schema.name.charAt(0).toLowerCase()}${schema.name.slice(1)}Avsc`;
  return [
    ...interfacesOf(schema),
    `/** The Avro schema of {@link ${schema.name}}. */`,
    `export const ${constant} = ${JSON.stringify(schema.avsc, null, 2)} as const;`,
    '',
  ].join('\n');
}

/** Lines of the interface of a record, and of those inside it. */
function interfacesOf(schema: RecordSchema): string[] {
  const lines = [...docstring(schema.doc, ''), `export interface ${schema.name} {`];
  for (const { name, type, nullable, doc } of schema.fields) {
    lines.push(...docstring(doc, '  '), `  readonly ${name}: ${typeOf(type)}${nullable ? ' | null' : ''};`);
  }
  lines.push('}', '');
  return [...lines, ...schema.fields.flatMap(({ type }) => interfacesIn(type))];
}

function interfacesIn(type: FieldType): string[] {
  if (type.kind === 'array') return interfacesIn(type.items);
  return type.kind === 'record' ? interfacesOf(type.schema) : [];
}

function docstring(doc: string | undefined, indent: string): string[] {
  return doc === undefined ? [] : [`${indent}/** ${doc.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */`];
}

function typeOf(type: FieldType): string {
  switch (type.kind) {
    case 'string':
    case 'uuid':
    case 'date':
    case 'decimal':
      return 'string';
    case 'int':
    case 'float':
    case 'double':
    case 'timestamp-millis':
      return 'number';
    case 'long':
    case 'timestamp-micros':
      return 'bigint';
    case 'boolean':
      return 'boolean';
    case 'bytes':
      return 'Buffer';
    case 'enum':
      return type.symbols.map((symbol) => `'${symbol}'`).join(' | ');
    case 'array':
      return type.items.kind === 'enum' || type.items.kind === 'array'
        ? `readonly (${typeOf(type.items)})[]`
        : `readonly ${typeOf(type.items)}[]`;
    case 'record':
      return type.schema.name;
  }
}
