import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOriginalOf, shortenedForms } from './shortened-letter.ts';

type Bytes = { readonly text: string; readonly times: number } | { readonly hex: string } | null;
interface Spelled {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: readonly (readonly [string, Bytes])[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/shortened-dead-letters.json', import.meta.url), 'utf8'),
) as {
  readonly records: readonly (Spelled & { readonly name: string; readonly forms: readonly Spelled[] })[];
};

function bytesOf(spelled: Bytes): Buffer | null {
  if (spelled === null) return null;
  return 'hex' in spelled ? Buffer.from(spelled.hex, 'hex') : Buffer.from(spelled.text.repeat(spelled.times));
}

function contentOf({ key, value, headers }: Spelled) {
  return {
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(([name, bytes]) => [name, bytesOf(bytes)] as const),
  };
}

describe('a record that is too large for the dead-letter topic', () => {
  it.each(vectors.records)('is shortened to the same bytes by both writers: $name', (vector) => {
    const record = contentOf(vector);
    const forms = [...shortenedForms(record)];
    expect(forms).toEqual(vector.forms.map(contentOf));
    expect(forms.every((form) => isOriginalOf(form, record))).toBe(true);
  });
});
