import { readContent } from './content-reader.ts';

const limits = { inputBytes: 4 * 1024 * 1024, textBytes: 512 * 1024, values: 0, ms: 500 };

/** A schema as indented JSON: whoever may register one decides about its depth and length, so it is cut where it is very long. */
export function schemaText(avsc: unknown): string {
  const { text, cut } = readContent(Buffer.from(JSON.stringify(avsc)), { limits, reveal: true });
  return cut ? `${text}…` : text;
}
