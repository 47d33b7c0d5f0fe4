import type { SubjectDetails } from './contract/schemas.ts';

type Field = SubjectDetails['versions'][number]['fields'][number];

/** The fields of a record's schema in words; none for other schemas. */
export function fieldsOf(avsc: unknown): Field[] {
  if (typeof avsc !== 'object' || avsc === null || !('fields' in avsc) || !Array.isArray(avsc.fields))
    return [];
  return avsc.fields.map((field: { name?: unknown; type?: unknown; default?: unknown }) => ({
    name: String(field.name),
    type: typeText(field.type),
    default: field.default === undefined ? null : JSON.stringify(field.default),
  }));
}

function typeText(type: unknown): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return type.map(typeText).join(' | ');
  if (typeof type !== 'object' || type === null) return 'unknown';
  const { type: base, logicalType, name, items, values } = type as Record<string, unknown>;
  if (typeof logicalType === 'string') return `${typeText(base)} (${logicalType})`;
  if (base === 'array') return `array of ${typeText(items)}`;
  if (base === 'map') return `map of ${typeText(values)}`;
  return typeof name === 'string' ? `${typeText(base)} ${name}` : typeText(base);
}
