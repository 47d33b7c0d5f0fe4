/** A number in the digits it came in: what does not fit a double is not rounded for being shown. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON as data, its numbers as {@link RawJson}. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  const reviver = (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? new RawJson(context.source) : value;
  return JSON.parse(text, reviver as (name: string, value: unknown) => unknown);
}

/** Data as JSON, indented by two; bigint and {@link RawJson} in their digits. */
export function formatJson(value: unknown, indent = ''): string {
  if (value instanceof RawJson) return value.text;
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const inner = `${indent}  `;
    return `[\n${value.map((item) => inner + formatJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    if (entries.length === 0) return '{}';
    const inner = `${indent}  `;
    const lines = entries.map(
      ([name, member]) => `${inner}${JSON.stringify(name)}: ${formatJson(member, inner)}`,
    );
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  // JSON has no such numbers; Avro has
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return JSON.stringify(value) ?? 'null';
}
