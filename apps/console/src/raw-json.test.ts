import { expect, test } from 'vitest';
import { formatJson, parseJson } from './raw-json.ts';

test('numbers keep their digits', () => {
  for (const text of ['12345678901234567890', '1.10', '-0.0', '1e400', '[\n  9007199254740993\n]'])
    expect(formatJson(parseJson(text))).toBe(text);
});

test('is the JSON that JSON.stringify indents', () => {
  const data = { a: [], b: {}, c: [1, { d: 'x"<script>' }], e: null, f: true };
  expect(formatJson(data)).toBe(JSON.stringify(data, undefined, 2));
});

test('a field named __proto__ is a field', () => {
  expect(formatJson(parseJson('{"__proto__": 1}'))).toBe('{\n  "__proto__": 1\n}');
});
