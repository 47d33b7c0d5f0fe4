import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

it('gives the check values of RFC 3720 (B.4)', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const unsigned = (bytes: Uint8Array) => (crc32c(bytes) >>> 0).toString(16);
  expect(unsigned(new Uint8Array(32))).toBe('8a9136aa');
  expect(unsigned(new Uint8Array(32).fill(0xff))).toBe('62a8ab43');
  expect(unsigned(ascending)).toBe('46dd794e');
});
