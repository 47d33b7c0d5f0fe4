import { expect, test } from 'vitest';
import { addressOf } from './http.ts';

test('parameters are encoded and empty ones left out', () => {
  expect(addressOf('/api/topics/:topic', { topic: 'a/b c' }, { q: '', limit: 5, from: undefined })).toBe(
    '/api/topics/a%2Fb%20c?limit=5',
  );
});
