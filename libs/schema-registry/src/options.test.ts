import { expect, it } from 'vitest';
import type { SchemaRegistryOptions } from './options.ts';
import { SchemaRegistry } from './schema-registry.ts';

const url = 'http://127.0.0.1:8081';

it.each<[string, SchemaRegistryOptions]>([
  ['an address without http', { url: 'registry:8081' }],
  ['a user and password in the address', { url: 'http://me:sesame@registry' }],
  ['a query in the address', { url: 'http://registry/?key=sesame' }],
  ['a token that no header can hold', { url, auth: { token: 'sesame\r\nx: y' } }],
  ['an empty token', { url, auth: { token: '' } }],
  ['a user with a colon', { url, auth: { username: 'me:', password: 'sesame' } }],
  ['no time at all', { url, timeoutMs: 0 }],
])('%s is refused, and the error does not repeat it', (_, options) => {
  const create = () => new SchemaRegistry(options);
  expect(create).toThrow(expect.objectContaining({ code: 'bad-options' }) as Error);
  expect(create).not.toThrow('sesame');
});
